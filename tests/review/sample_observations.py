"""Observations for tests of the QA checklist: those of a correct stream."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from streams.catalog.plans.plan import PlannedEvent, TrackingPlan
from streams.connections.regions import Region
from streams.review.qa.journey import SEGMENTS_WALK
from streams.review.qa.observations import (
    Observations,
    ObservedError,
    ObservedEvent,
    ObservedPage,
    ObservedRequest,
)
from tests.factories import NOW


def event(seq: int, name: str, **changes) -> ObservedEvent:
    usual = {
        "workspace": "qa-us",
        "call": "track",
        "user_id": "user-1",
        "is_from_segment": True,
    }
    return ObservedEvent(**{"seq": seq, "name": name, **usual, **changes})


def request(number: int, **changes) -> ObservedRequest:
    usual = {
        "workspace": "qa-us",
        "region": Region.SANDBOX,
        "events": 4,
        "body_bytes": 900,
        "started_at": NOW,
        "duration_ms": 20,
        "was_delivered": True,
    }
    return ObservedRequest(**{"number": number, **usual, **changes})


def requests(number: int, *, every_ms: float, **changes) -> tuple[ObservedRequest, ...]:
    gap = timedelta(milliseconds=every_ms)
    return tuple(request(n, started_at=NOW + n * gap, **changes) for n in range(number))


def refused(rule: str, path: str, message: str) -> ObservedError:
    """Return an error of an event that ingest rejected."""
    return ObservedError(
        workspace="qa-us", rule=rule, path=path, name="Email Opened", message=message
    )


def passing(**changes) -> Observations:
    """Return observations that pass every check, with `changes`."""
    plan = TrackingPlan(events=tuple(PlannedEvent(name=name) for name in SEGMENTS_WALK))
    facts = Observations(
        slug="postbox",
        plan=plan,
        events=tuple(event(n, name) for n, name in enumerate(SEGMENTS_WALK, 1)),
        requests=(request(1), request(2, region=Region.SANDBOX_EU)),
        pages=(
            ObservedPage(kind="source", label="Source page", version=1),
            ObservedPage(kind="integration", label="Integration page", version=2),
        ),
    )
    return replace(facts, **changes)
