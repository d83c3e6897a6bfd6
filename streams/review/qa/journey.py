"""The test sequence: calls of one user that QA expects in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.catalog.plans.plan import PlannedEvent, TrackingPlan
    from streams.review.qa.observations import ObservedEvent

# Segment's own test is a campaign with a link and an unsubscribe, sent to yourself
# (segment/partner.md, 2).
SEGMENTS_WALK = (
    "Email Delivered",
    "Email Opened",
    "Email Link Clicked",
    "Unsubscribed",
)

# Segment's docs use both names. The second one is a Spec exception (spec/spec_exceptions.py).
WALKS = (SEGMENTS_WALK, (*SEGMENTS_WALK[:-1], "Email Unsubscribed"))

type Key = tuple[str, str]  # call and name


def walk(plan: TrackingPlan) -> tuple[PlannedEvent, ...]:
    """Return Segment's sequence if the plan has its events, or else the whole plan."""
    named = {event.name: event for event in plan.events if event.call == "track"}
    for names in WALKS:
        if named.keys() >= set(names):
            return tuple(named[name] for name in names)
    return plan.events


def by_plan(
    plan: TrackingPlan, events: Iterable[ObservedEvent]
) -> list[tuple[Key, ObservedEvent]]:
    """Pair each event with its key in the plan.

    A planned call without a name covers all names that the plan doesn't list.
    """
    planned = {(event.call, event.name) for event in plan.events}
    named = (((event.call, event.name), event) for event in events)
    return [(key if key in planned else (key[0], ""), event) for key, event in named]


def furthest(
    steps: Sequence[Key], events: Iterable[tuple[Key, ObservedEvent]]
) -> list[ObservedEvent]:
    """Return the longest prefix of the steps that one user completed in one workspace."""
    ways: dict[Key, list[ObservedEvent]] = {}
    for key, event in events:
        if not event.user_id:
            continue
        way = ways.setdefault((event.workspace, event.user_id), [])
        if len(way) < len(steps) and key == steps[len(way)]:
            way.append(event)
    return max(ways.values(), key=len, default=[])


def went_astray(
    steps: Sequence[Key], events: Iterable[tuple[Key, ObservedEvent]]
) -> bool:
    """Whether one user completed all steps in one workspace, in any order."""
    done: dict[Key, set[Key]] = {}
    for key, event in events:
        if event.user_id:
            done.setdefault((event.workspace, event.user_id), set()).add(key)
    return any(set(steps) <= steps_done for steps_done in done.values())
