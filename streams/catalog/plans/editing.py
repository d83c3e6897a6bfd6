"""One event of a plan among the others: found, put in, taken out.

An event has no id: its call and name say which it is. A page that is about one names it by
its key, which any name can be in an address by; and says by its mark what it was shown, so
that of two who change the same event the second is told.
"""

from __future__ import annotations

from hashlib import blake2s
from typing import TYPE_CHECKING

import msgspec

from streams.catalog.plans.plan import EventPlan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.catalog.plans.plan import PlannedEvent

NOT_THERE = ""  # the mark of an event that is not in the plan


class EditedMeanwhile(ValueError):
    """Somebody else changed the event; `current` is it as it is now, None: it is gone."""

    def __init__(self, current: PlannedEvent | None) -> None:
        super().__init__("Somebody else changed this event meanwhile.")
        self.current = current


def key_of(event: PlannedEvent) -> str:
    """Which event it is, whatever is in it: another name is another key."""
    return _digest(f"{event.call}\0{event.name}".encode())


def mark_of(event: PlannedEvent | None) -> str:
    """What stands in it."""
    return (
        _digest(msgspec.json.encode(event, order="deterministic"))
        if event
        else NOT_THERE
    )


def found(plan: EventPlan, key: str) -> PlannedEvent | None:
    return next((one for one in plan.events if key_of(one) == key), None)


def put(plan: EventPlan, key: str, seen: str, event: PlannedEvent) -> EventPlan:
    """An event in place of the one with that key, or at the end where there is none.

    Raises EditedMeanwhile where the one with that key is not as it was `seen`.
    """
    current = _as_seen(plan, key, seen)
    if current is None:
        return EventPlan(events=(*plan.events, event))
    return EventPlan(
        events=tuple(event if one is current else one for one in plan.events)
    )


def taken_out(plan: EventPlan, key: str, seen: str) -> EventPlan:
    """Without the event with that key. Raises EditedMeanwhile as `put` does."""
    current = _as_seen(plan, key, seen)
    return EventPlan(events=tuple(one for one in plan.events if one is not current))


def added(plan: EventPlan, events: Iterable[PlannedEvent]) -> EventPlan:
    """With these at the end; those that are planned already stay as they are."""
    present = {key_of(one) for one in plan.events}
    new = {key_of(one): one for one in events if key_of(one) not in present}
    return EventPlan(events=(*plan.events, *new.values()))


def _as_seen(plan: EventPlan, key: str, seen: str) -> PlannedEvent | None:
    current = found(plan, key)
    if mark_of(current) != seen:
        raise EditedMeanwhile(current)
    return current


def _digest(text: bytes) -> str:
    return blake2s(text, digest_size=8).hexdigest()
