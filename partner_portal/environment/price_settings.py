"""The settings with the price of monthly tracked users, and their types."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from itertools import pairwise

from partner_portal.environment.setting import Setting
from partner_portal.environment.setting_types import TEXT, Invalid, Kind

MOST_TIERS = 20

_TIER = re.compile(r"([0-9]{1,9}):([0-9]{1,3}(?:\.[0-9]{1,6})?)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

type Tiers = list[tuple[int, Decimal]]


def _parse_tiers(text: str) -> Tiers:
    if text.lower() == "off":
        return []
    parts = [item for part in text.split(",") if (item := part.strip())]
    found = [_TIER.fullmatch(part) for part in parts[:MOST_TIERS]]
    tiers = [(int(one[1]), Decimal(one[2])) for one in found if one]
    starts = [start for start, _price in tiers]
    is_sorted = all(a < b for a, b in pairwise(starts))
    if not tiers or len(tiers) < len(parts) or not is_sorted:
        raise Invalid(
            "is not a price table; write off, or up to 20 entries such as 10000:0.012, with"
            " rising numbers and prices in US dollars."
        )
    return tiers


def _parse_date(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Invalid("is not a date; write one such as 2026-11-29.")


PRICES = Kind("MTUs:US dollars, comma-separated, or off", _parse_tiers, empty=[])
DATE = Kind("a date, such as 2026-11-29", _parse_date)

MTU_PRICES: tuple[Setting, ...] = (
    Setting(
        name="MTU_PRICES",
        kind=PRICES,
        default="10000:0.012, 25000:0.011, 100000:0.010",
        about="Segment's price for each monthly tracked user above a number of them, in"
        " US dollars. Pages show it with the number of people. off: no prices.",
    ),
    Setting(
        name="MTU_PRICES_SOURCE",
        kind=TEXT,
        default="Segment's Team plan, by a public price template",
        about="Where these prices are from. Pages show it.",
    ),
    Setting(
        name="MTU_PRICES_DATE",
        kind=DATE,
        default="2026-11-29",
        about="When someone last checked these prices. Pages show it.",
    ),
)
