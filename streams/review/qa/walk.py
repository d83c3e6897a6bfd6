"""The walk of a test: the calls that one person causes, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.catalog.plans.plan import EventPlan, PlannedEvent
    from streams.review.qa.facts import SeenEvent

# Segment's own test: a campaign with a link and an unsubscribe, sent to oneself
# (segment/partner.md, 2).
SEGMENTS_WALK = (
    "Email Delivered",
    "Email Opened",
    "Email Link Clicked",
    "Unsubscribed",
)

# Its docs say both: a stream's settings may accept the other name (spec/readings.py).
WALKS = (SEGMENTS_WALK, (*SEGMENTS_WALK[:-1], "Email Unsubscribed"))

type Key = tuple[str, str]  # call and name


def walk(plan: EventPlan) -> tuple[PlannedEvent, ...]:
    """Segment's own where the plan has its events; else all of the plan, in its order."""
    named = {event.name: event for event in plan.events if event.call == "track"}
    for names in WALKS:
        if named.keys() >= set(names):
            return tuple(named[name] for name in names)
    return plan.events


def by_plan(
    plan: EventPlan, events: Iterable[SeenEvent]
) -> list[tuple[Key, SeenEvent]]:
    """Events with what they are in the plan: one without a name stands for all names of
    its call that the plan does not have."""
    planned = {(event.call, event.name) for event in plan.events}
    named = (((event.call, event.name), event) for event in events)
    return [(key if key in planned else (key[0], ""), event) for key, event in named]


def furthest(
    steps: Sequence[Key], events: Iterable[tuple[Key, SeenEvent]]
) -> list[SeenEvent]:
    """The longest way along the steps that one person went in one workspace."""
    ways: dict[Key, list[SeenEvent]] = {}
    for key, event in events:
        if not event.user_id:
            continue
        way = ways.setdefault((event.workspace, event.user_id), [])
        if len(way) < len(steps) and key == steps[len(way)]:
            way.append(event)
    return max(ways.values(), key=len, default=[])


def went_astray(steps: Sequence[Key], events: Iterable[tuple[Key, SeenEvent]]) -> bool:
    """Whether one person did all of the steps in one workspace, in whatever order."""
    done: dict[Key, set[Key]] = {}
    for key, event in events:
        if event.user_id:
            done.setdefault((event.workspace, event.user_id), set()).add(key)
    return any(set(steps) <= one for one in done.values())
