"""Facts for the checklist: what a stream that does all right would show."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from streams.catalog.plans.plan import EventPlan, PlannedEvent
from streams.connections.regions import Region
from streams.review.qa.journey import SEGMENTS_WALK
from streams.review.qa.observations import (
    Facts,
    Page,
    SeenError,
    SeenEvent,
    SentRequest,
)
from tests.factories import NOW


def event(seq: int, name: str, **changes) -> SeenEvent:
    usual = {"workspace": "qa-us", "call": "track", "user_id": "user-1"}
    return SeenEvent(**{"seq": seq, "name": name, **usual, **changes})


def request(number: int, **changes) -> SentRequest:
    usual = {
        "workspace": "qa-us",
        "region": Region.SANDBOX,
        "events": 4,
        "body_bytes": 900,
        "started_at": NOW,
        "duration_ms": 20,
        "was_delivered": True,
    }
    return SentRequest(**{"number": number, **usual, **changes})


def requests(number: int, *, every_ms: float, **changes) -> tuple[SentRequest, ...]:
    gap = timedelta(milliseconds=every_ms)
    return tuple(request(n, started_at=NOW + n * gap, **changes) for n in range(number))


def refused(rule: str, path: str, message: str) -> SeenError:
    """Something that the ingest refused."""
    return SeenError(
        workspace="qa-us", rule=rule, path=path, name="Email Opened", message=message
    )


def good(**changes) -> Facts:
    """All green; `changes` are what is otherwise."""
    plan = EventPlan(events=tuple(PlannedEvent(name=name) for name in SEGMENTS_WALK))
    facts = Facts(
        slug="postbox",
        plan=plan,
        events=tuple(event(n, name) for n, name in enumerate(SEGMENTS_WALK, 1)),
        requests=(request(1), request(2, region=Region.SANDBOX_EU)),
        pages=(
            Page(kind="source", label="Source page", version=1),
            Page(kind="integration", label="Integration page", version=2),
        ),
    )
    return replace(facts, **changes)
