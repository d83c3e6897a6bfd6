"""Find, add, replace and remove single events of a plan.

An event has no ID: its call and name identify it. A page refers to it by its key, which is
safe in a URL, and sends the mark of the version that it showed. If two people change the
same event, the second one is notified.
"""

from __future__ import annotations

from hashlib import blake2s
from typing import TYPE_CHECKING

import msgspec

from streams.catalog.plans.plan import TrackingPlan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.catalog.plans.plan import PlannedEvent

NOT_THERE = ""  # the mark of an event that is not in the plan


class EventConflict(ValueError):
    """Someone else changed the event to `current`; None: removed it."""

    def __init__(self, current: PlannedEvent | None) -> None:
        super().__init__("Someone else changed this event.")
        self.current = current


def key_of(event: PlannedEvent) -> str:
    """Return the key of an event, which depends on its call and name only."""
    return _digest(f"{event.call}\0{event.name}".encode())


def mark_of(event: PlannedEvent | None) -> str:
    """Return the mark of an event, which depends on all of its content."""
    return (
        _digest(msgspec.json.encode(event, order="deterministic"))
        if event
        else NOT_THERE
    )


def found(plan: TrackingPlan, key: str) -> PlannedEvent | None:
    return next((one for one in plan.events if key_of(one) == key), None)


def put(plan: TrackingPlan, key: str, seen: str, event: PlannedEvent) -> TrackingPlan:
    """Replace the event with that key, or append the event if there is none.

    Raises EventConflict if the mark of the event with that key isn't `seen`.
    """
    current = _as_seen(plan, key, seen)
    if current is None:
        return TrackingPlan(events=(*plan.events, event))
    return TrackingPlan(
        events=tuple(event if one is current else one for one in plan.events)
    )


def taken_out(plan: TrackingPlan, key: str, seen: str) -> TrackingPlan:
    """Remove the event with that key. Raises EventConflict like `put`."""
    current = _as_seen(plan, key, seen)
    return TrackingPlan(events=tuple(one for one in plan.events if one is not current))


def added(plan: TrackingPlan, events: Iterable[PlannedEvent]) -> TrackingPlan:
    """Append the events that are not in the plan yet."""
    present = {key_of(one) for one in plan.events}
    new = {key_of(one): one for one in events if key_of(one) not in present}
    return TrackingPlan(events=(*plan.events, *new.values()))


def _as_seen(plan: TrackingPlan, key: str, seen: str) -> PlannedEvent | None:
    current = found(plan, key)
    if mark_of(current) != seen:
        raise EventConflict(current)
    return current


def _digest(text: bytes) -> str:
    return blake2s(text, digest_size=8).hexdigest()
