"""The price of monthly tracked users, as far as it is public."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class CostRange:
    """The cost of people in a month, in US dollars, by the lowest and the highest price."""

    least: Decimal
    most: Decimal

    @property
    def is_one(self) -> bool:
        return self.least == self.most


@dataclass(frozen=True, slots=True)
class PriceTable:
    """The price of each MTU above a number of MTUs, in US dollars a month."""

    tiers: Sequence[tuple[int, Decimal]]  # by rising number of MTUs; not empty
    source: str
    as_of: date

    @property
    def per_person(self) -> CostRange:
        prices = [price for _start, price in self.tiers]
        return CostRange(min(prices), max(prices))

    def cost(self, people: int) -> CostRange:
        """Return what people cost who are above the MTUs that a plan includes.

        Which price counts depends on all sources of the workspace, which the portal can't see.
        """
        each = self.per_person
        return CostRange(_cents(each.least * people), _cents(each.most * people))


def price_table() -> PriceTable | None:
    """Return the table of the settings; None: the operator turned it off."""
    if not settings.MTU_PRICES:
        return None
    return PriceTable(
        settings.MTU_PRICES, settings.MTU_PRICES_SOURCE, settings.MTU_PRICES_DATE
    )


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
