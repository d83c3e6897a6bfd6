"""Bounded queries for the observations that the QA checklist is computed from."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from streams.catalog.pages.page_kinds import PageKind
from streams.catalog.plans.conformance import CompiledPlan
from streams.catalog.plans.services import published_plan
from streams.catalog.validation.event_validator import EventValidator
from streams.catalog.validation.portal_test_event import TEST_EVENT
from streams.delivery.models import Delivery
from streams.events.queries import between
from streams.events.retention.past_retention import oldest_retained
from streams.identity.lookup import from_segment
from streams.observability.issues.models import IssueKind
from streams.review.qa.observations import (
    Observations,
    ObservedError,
    ObservedEvent,
    ObservedPage,
    ObservedRequest,
    observe,
)
from streams.review.qa.workspaces import test_feeds
from streams.spec.issues import Severity
from streams.spec.validation_modes import ValidationMode

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.catalog.plans.plan import TrackingPlan
    from streams.events.models import Feed
    from streams.review.qa.models import QaRun

MOST = 5_000  # events, and requests, across all test workspaces
ROWS = 500  # read at a time
MOST_ERRORS = 100
# More than any clock difference to the workers. It only lets PostgreSQL skip old
# partitions.
CLOCKS_APART = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RunStart:
    """Lower bounds of the observations, as recorded when a run started."""

    seqs: Mapping[int, int] = field(
        default_factory=dict
    )  # by feed; a missing feed has no bound
    at: datetime | None = None
    run: QaRun | None = None


def gather(stream: Stream, since: RunStart) -> Observations:
    """Collect the newest events and requests of the test workspaces, and the docs."""
    feeds = list(test_feeds(stream))
    each = MOST // max(len(feeds), 1)
    plan = published_plan(stream)
    checks = _checks(stream, plan)
    events, requests, is_cut = list[ObservedEvent](), list[ObservedRequest](), False
    for feed in feeds:
        first = max(since.seqs.get(feed.pk, 0) + 1, oldest_retained(feed))
        low = max(first, feed.head_seq + 1 - each)
        is_cut |= low > first
        of_feed = _passed_back(feed, list(_events(feed, low, checks, since)))
        own = [event.seq for event in of_feed if not event.is_simulated]
        events += of_feed
        requests += _requests(feed, low, since, each, own)
    return Observations(
        slug=stream.slug,
        plan=plan,
        events=tuple(events),
        requests=tuple(sorted(requests, key=lambda attempt: attempt.started_at)),
        errors=tuple(_errors(feeds, since)),
        pages=tuple(_page(stream, kind) for kind in PageKind),
        is_cut=is_cut,
    )


def _checks(stream: Stream, plan: TrackingPlan | None) -> EventValidator:
    """Return all checks, whatever the validation mode of the stream."""
    return EventValidator(
        ValidationMode.WARN,
        stream.spec_exceptions,
        CompiledPlan(plan) if plan else None,
    )


def _events(
    feed: Feed, low: int, checks: EventValidator, since: RunStart
) -> Iterator[ObservedEvent]:
    rows = between(feed, low, feed.head_seq + 1).order_by("seq")
    # Without the portal's own test events, which verify a connection.
    rows = rows.exclude(type="track", name=TEST_EVENT)
    stored = rows.values_list("seq", "received_at", "payload").iterator(chunk_size=ROWS)
    for seq, received_at, payload in stored:
        content = msgspec.json.decode(bytes(payload))
        yield observe(
            content,
            checks.issues(content, now=received_at),
            workspace=feed.workspace.public_id,
            seq=seq,
            slug=feed.stream.slug,
            version=feed.stream.version,
            simulated=since.run.message_ids(feed) if since.run else "",
        )


def _passed_back(feed: Feed, events: Sequence[ObservedEvent]) -> list[ObservedEvent]:
    """Mark the events whose userId an event from Segment had."""
    known = from_segment(feed.pk, {one.user_id for one in events if one.user_id})
    return [replace(one, is_from_segment=one.user_id in known) for one in events]


def _requests(
    feed: Feed, low: int, since: RunStart, most: int, own: Sequence[int]
) -> Iterator[ObservedRequest]:
    """`own` are the numbers of the partner's own events, in order."""
    sent = Delivery.objects.filter(connection__feed=feed, last_seq__gte=low)
    if since.at:
        sent = sent.filter(started_at__gte=since.at - CLOCKS_APART)
    for delivery in sent.select_related("connection").order_by("-pk")[:most]:
        yield ObservedRequest(
            workspace=feed.workspace.public_id,
            number=delivery.pk,
            region=delivery.connection.region,
            events=delivery.events,
            body_bytes=delivery.body_bytes,
            started_at=delivery.started_at,
            duration_ms=delivery.duration_ms,
            was_delivered=delivery.outcome == Delivery.Outcome.DELIVERED,
            is_simulated=bisect_left(own, delivery.first_seq)
            == bisect_right(own, delivery.last_seq),
        )


def _errors(feeds: list[Feed], since: RunStart) -> Iterator[ObservedError]:
    """Read the errors of rejected and quarantined events, which are in no feed.

    They are counted a few seconds after the event, by the clock of the ingest server.
    """
    errors = IssueKind.objects.filter(feed__in=feeds, severity=Severity.ERROR)
    errors = errors.exclude(rule="")
    if since.at:
        errors = errors.filter(last_seen_at__gte=since.at)
    newest = errors.order_by("-last_seen_at", "-pk").values_list(
        "feed__workspace__public_id", "rule", "path", "name", "message"
    )
    for workspace, rule, path, name, message in newest[:MOST_ERRORS]:
        yield ObservedError(
            workspace=workspace, rule=rule, path=path, name=name, message=message
        )


def _page(stream: Stream, kind: PageKind) -> ObservedPage:
    newest = stream.page_versions.of(kind).published().first()
    return ObservedPage(
        kind=kind.value,
        label=str(kind.label),
        version=newest.number if newest else None,
    )
