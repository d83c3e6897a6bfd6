"""The events that are sent: like those of an email campaign, each with its own ID.

A request is built once, with gaps. Filling them costs the load generator about 0.1 µs per
event, which leaves the processors to the portal.
"""

from __future__ import annotations

import json
import random
from base64 import b64encode
from functools import cache

from streams.catalog.plans.plan import PlannedEvent, PlannedProperty, TrackingPlan

NAMES = ("Email Opened", "Email Delivered", "Link Clicked")
KINDS = 100  # different events; a window of gzip holds about 30 of 1 KB
MOST_PROPERTIES = 30  # in the plan; an event of 1,000 bytes has 16
_GAP = "messageId-goes-here"
_WORDS = [
    "spring",
    "sale",
    "newsletter",
    "customer",
    "account",
    "plan",
    "renewal",
    "coupon",
    "order",
    "invoice",
    "team",
    "report",
    "weekly",
    "release",
    "webinar",
    "feedback",
    "survey",
    "trial",
    "upgrade",
    "shipping",
    "basket",
    "checkout",
]


@cache
def batch_body(events: int, size_bytes: int, prefix: str) -> bytes:
    """Return the body of a batch of events with `size_bytes` each, without numbers (`%`)."""
    made = [_event(kind % KINDS, size_bytes, prefix) for kind in range(events)]
    return b'{"batch":[%b],"sentAt":"%%b"}' % b",".join(made)


@cache
def single_body(kind: int, size_bytes: int, prefix: str) -> bytes:
    """Return the body of a call for one event, without its number (`%`)."""
    return _event(kind, size_bytes, prefix)


def as_sent(number: int, size_bytes: int, prefix: str) -> dict:
    """Return one event in the form that a library accepts."""
    event = json.loads(single_body(number % KINDS, size_bytes, prefix) % number)
    return dict(event)


def planned() -> TrackingPlan:
    """Return a plan that every event follows, of any size."""
    paths = ["email_id", *(f"property_{n}" for n in range(1, MOST_PROPERTIES + 1))]
    properties = tuple(PlannedProperty(path=path) for path in paths)
    return TrackingPlan(
        events=tuple(PlannedEvent(name=n, properties=properties) for n in NAMES)
    )


def basic(key: str) -> bytes:
    """Return the Authorization header of an ingest key or a write key."""
    return b"Basic " + b64encode(f"{key}:".encode())


def _event(kind: int, size_bytes: int, prefix: str) -> bytes:
    chance = random.Random(kind)
    event = {
        "type": "track",
        "messageId": _GAP,
        "userId": f"user-{chance.randrange(10**6)}",
        "event": chance.choice(NAMES),
        "timestamp": "2026-03-02T10:00:00.000Z",
        "properties": {"email_id": f"{chance.randrange(16**12):012x}"},
    }
    message_id = f"{prefix}-{0:012d}"
    room = size_bytes - len(_encoded(event)) - len(message_id) + len(_GAP)
    _fill(event["properties"], room, chance)
    return _encoded(event).replace(_GAP.encode(), f"{prefix}-%012d".encode())


def _fill(properties: dict[str, str], room: int, chance: random.Random) -> None:
    """Return properties of `room` bytes, half words and half IDs."""
    number = 0
    while room > 0:
        number += 1
        name = f"property_{number}"
        around = len(f',"{name}":""')
        words = " ".join(chance.choices(_WORDS, k=6))
        value = words if number % 2 else f"{chance.randrange(16**40):040x}"
        if around + len(value) + 24 > room:  # the last one fills the rest
            value = (value * (room // len(value) + 1))[: max(0, room - around)]
        properties[name] = value
        room -= around + len(value)


def _encoded(event: dict) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()
