"""One day of an email campaign: the six events of the plan of the stream `postbox`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice
from random import Random
from typing import Any
from uuid import UUID

from streams.base.clock import iso_ms

DELIVERED, BOUNCED = "Email Delivered", "Email Bounced"
OPENED, CLICKED = "Email Opened", "Email Link Clicked"
SPAM, UNSUBSCRIBED = "Email Marked as Spam", "Unsubscribed"

# The events that one email leads to, with a weight per thousand emails.
JOURNEYS = {
    (DELIVERED,): 520,
    (DELIVERED, OPENED): 270,
    (DELIVERED, OPENED, CLICKED): 110,
    (DELIVERED, OPENED, OPENED, CLICKED, CLICKED): 60,
    (BOUNCED,): 25,
    (DELIVERED, OPENED, UNSUBSCRIBED): 11,
    (DELIVERED, SPAM): 4,
}


@dataclass(frozen=True, slots=True)
class Campaign:
    id: str
    name: str
    subject: str
    links: tuple[str, ...]
    hours_ago: int  # when its first email was sent


CAMPAIGNS = (
    Campaign("cmp_2041", "Winter blend launch", "The winter blend is here",
             ("winter-blend", "brewing-guide", "gift-box"), 23),
    Campaign("cmp_2044", "Forgotten basket", "Your coffee is still waiting",
             ("basket", "delivery-times"), 18),
    Campaign("cmp_2047", "Weekend recipes", "Three recipes for a slow Sunday",
             ("recipes/affogato", "recipes/cold-brew", "recipes/tiramisu"), 9),
    Campaign("cmp_2050", "Loyalty points", "You have points to spend",
             ("rewards", "account"), 4),
)  # fmt: skip
SEND_HOURS = 3.0  # how long it takes to send a campaign
LIST_ID, LIST_NAME = "lst_12", "News and offers"
FIRST_NAMES = (
    "Ada", "Amir", "Beatriz", "Chen", "Dara", "Elif", "Femi", "Greta", "Hugo", "Ines",
    "Jonas", "Keiko", "Liam", "Mara", "Nadia", "Omar", "Priya", "Rosa", "Sven", "Tomas",
)  # fmt: skip
LAST_NAMES = (
    "Abara", "Bauer", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito",
    "Jansen", "Khan", "Lindqvist", "Moreau", "Novak", "Okafor", "Petrov", "Rossi", "Weber",
)  # fmt: skip
USER_AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/146.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/619",
)


def day(count: int, *, now: datetime, random: Random) -> list[dict[str, Any]]:
    """Return `count` events of the 24 hours before `now`, ordered by time.

    With 17 events or more, all six event names occur.
    """
    mails = (_mail(number, journey, now, random)
             for number, journey in enumerate(_journeys(random)))  # fmt: skip
    events = islice(chain.from_iterable(mails), count)
    return sorted(events, key=lambda event: str(event["timestamp"]))


def older_release(count: int, *, now: datetime, random: Random) -> list[dict[str, Any]]:
    """Return events of the same 24 hours as an outdated installation would send them.

    Each breaks the Spec or the plan, in one of two ways.
    """
    events = day(count, now=now, random=random)
    for number, event in enumerate(events):
        if number % 2:
            event["properties"]["email_subject"] = number
        else:
            event["event"] = f"Mail {event['event'].removeprefix('Email ')}"
    return events


def _journeys(random: Random) -> Iterator[tuple[str, ...]]:
    yield from JOURNEYS  # each at least once
    while True:
        yield from random.choices(list(JOURNEYS), list(JOURNEYS.values()), k=100)


def _mail(
    number: int, journey: tuple[str, ...], now: datetime, random: Random
) -> Iterator[dict[str, Any]]:
    campaign = random.choice(CAMPAIGNS)
    user = random.randrange(20_000)
    about = _about(campaign, f"{campaign.id}-{number + 1}")
    sent_h = campaign.hours_ago - random.random() * SEND_HOURS
    happened_at = now - timedelta(hours=sent_h)
    for name in journey:
        yield {
            "type": "track",
            "event": name,
            "messageId": str(UUID(int=random.getrandbits(128), version=4)),
            "userId": f"cus_{10_000 + user}",
            "timestamp": iso_ms(happened_at),
            "properties": about | _details(name, campaign, random),
            "context": _context(name, user),
        }
        # Most recipients react soon, a few much later, and none in the future.
        happened_at += (now - happened_at) * min(random.expovariate(6), 0.99)


def _about(campaign: Campaign, email_id: str) -> dict[str, str]:
    return {
        "email_id": email_id,
        "email_subject": campaign.subject,
        "campaign_id": campaign.id,
        "campaign_name": campaign.name,
    }


def _details(name: str, campaign: Campaign, random: Random) -> dict[str, str]:
    if name == CLICKED:
        link = random.choice(campaign.links)
        return {"link_id": link, "link_url": f"https://northwind.example/{link}"}
    if name == UNSUBSCRIBED:
        return {"list_id": LIST_ID, "list_name": LIST_NAME}
    return {}


def _context(name: str, user: int) -> dict[str, Any]:
    """Return the context of a user: always the traits, and the device for own actions."""
    first = FIRST_NAMES[user % len(FIRST_NAMES)]
    last = LAST_NAMES[user // len(FIRST_NAMES) % len(LAST_NAMES)]
    context: dict[str, Any] = {
        "traits": {"email": f"{first}.{last}.{user}@example.com".lower()}
    }
    if name not in {DELIVERED, BOUNCED}:
        context["ip"] = f"198.51.100.{user % 254 + 1}"  # reserved for examples
        context["userAgent"] = USER_AGENTS[user % len(USER_AGENTS)]
    return context
