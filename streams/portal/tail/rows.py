"""The rows of a live tail, from events, delivery attempts or requests."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _
from redis import RedisError

from streams.base.clock import now
from streams.delivery.models import Cursor, Delivery
from streams.events.models import Feed
from streams.events.recent_arrivals import arrived, arrived_lately
from streams.observability.issues.rule_search import validators
from streams.observability.requests.store import InvalidPlace, StoredRequest, newest
from streams.portal.requests.wording import summary_of, title_of, tone_of
from streams.portal.shared.navigation_tags import of_feed
from streams.portal.workspace.issue_marks import IssueMark, issue_mark

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.catalog.validation.event_validator import EventValidator
    from streams.events.models import Event
    from streams.tenancy.models import Workspace

PER_POLL = 50  # rows; the page keeps 200
LATELY = timedelta(seconds=6)
MOST_CURSORS = 50  # of a partner, whose attempts are shown
TONES = {
    Delivery.Outcome.DELIVERED: "good",
    Delivery.Outcome.SPLIT: "busy",
    Delivery.Outcome.REJECTED: "bad",
    Delivery.Outcome.RETRY: "warn",
    Delivery.Outcome.HELD: "bad",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TailRow:
    """One row. `key` identifies it: a page shows no row twice."""

    key: str
    kind: str = ""  # the call of an event, or the outcome of an attempt
    at: datetime
    title: str
    href: str = ""
    detail: str = ""
    workspace: str = ""
    badge: str = ""
    tone: str = ""
    json: str = ""
    mark: IssueMark | None = None  # of an event with issues
    rules: tuple[
        str, ...
    ] = ()  # the code of a request, and rules that its events broke


def events_of(feed: Feed, after: int, matching: Q) -> list[TailRow]:
    """Return rows of a feed's events after a number."""
    found = arrived(feed, after, matching, limit=PER_POLL)
    if not found:
        return []
    ready = validators([feed.stream_id])
    return [_event_row(feed, event, ready) for event in found]


def events_across(partner_id: int, *, opens_all: bool) -> list[TailRow]:
    """Return rows of the newest events of all the partner's customers.

    `opens_all` includes workspaces that require a second factor. Polls in the same second
    share one result.
    """
    return _events_across(partner_id, int(time.monotonic()), opens_all=opens_all)


def attempts_of(feed: Feed, after: int, outcome: str) -> list[TailRow]:
    """Return rows of the delivery attempts for a feed after an attempt's ID."""
    connections = list(feed.connections.values_list("pk", flat=True))
    attempts = Delivery.objects.filter(connection__in=connections, pk__gt=after)
    if outcome:
        attempts = attempts.filter(outcome=outcome)
    return [
        _attempt_row(feed, attempt) for attempt in attempts.order_by("-id")[:PER_POLL]
    ]


def attempts_across(partner_id: int, *, opens_all: bool) -> list[TailRow]:
    """Return rows of the newest delivery attempts for all the partner's customers.

    `opens_all` includes workspaces that require a second factor.
    """
    return _attempts_across(partner_id, int(time.monotonic()), opens_all=opens_all)


def requests_of(partner_id: int, after: str, *, failed: bool) -> list[TailRow]:
    """Return rows of the partner's requests after a place in the log; empty: the newest."""
    try:
        found = newest(partner_id, after=after, failed=failed, limit=PER_POLL)
    except InvalidPlace:
        raise Http404 from None
    except RedisError:  # the list of requests says that the log is unavailable
        return []
    return [_request_row(one) for one in found]


# The second in the key makes a result last for at most a second.
@lru_cache(maxsize=16)
def _events_across(partner_id: int, _second: int, *, opens_all: bool) -> list[TailRow]:
    feeds = Feed.objects.filter(stream__partner=partner_id)
    if not opens_all:
        feeds = feeds.filter(workspace__second_factor_required_at=None)
    found = list(arrived_lately(feeds, limit=PER_POLL))
    if not found:
        return []
    ready = validators({feed.stream_id for feed, _event in found})
    return [_event_row(feed, event, ready, feed.workspace) for feed, event in found]


@lru_cache(maxsize=16)
def _attempts_across(
    partner_id: int, _second: int, *, opens_all: bool
) -> list[TailRow]:
    since = now() - LATELY
    moved = Cursor.objects.filter(
        Q(last_delivered_at__gte=since) | Q(failures__gt=0), stream__partner=partner_id
    )
    if not opens_all:
        moved = moved.filter(feed__workspace__second_factor_required_at=None)
    cursors = moved.order_by("-last_delivered_at").values_list(
        "connection_id", flat=True
    )
    attempts = Delivery.objects.filter(
        connection__in=list(cursors[:MOST_CURSORS]), started_at__gte=since
    )
    rows = attempts.select_related("cursor__feed__workspace", "cursor__feed__stream")
    return [
        _attempt_row(attempt.cursor.feed, attempt, attempt.cursor.feed.workspace)
        for attempt in rows.order_by("-id")[:PER_POLL]
    ]


def _event_row(
    feed: Feed,
    event: Event,
    ready: Mapping[int, EventValidator],
    of: Workspace | None = None,
) -> TailRow:
    workspace = of or feed.workspace
    return TailRow(
        key=f"e{feed.pk}-{event.seq}",
        kind=event.type,
        at=event.received_at,
        title=event.name or event.type,
        href=of_feed(workspace, feed, "event", event.seq),
        detail=event.user_id,
        workspace=workspace.name if of else "",
        badge=event.type,
        json=bytes(event.payload).decode(),
        mark=issue_mark(event, ready.get(feed.stream_id)),
    )


def _attempt_row(feed: Feed, attempt: Delivery, of: Workspace | None = None) -> TailRow:
    workspace = of or feed.workspace
    status = attempt.status_code or _("no response")
    return TailRow(
        key=f"a{attempt.pk}",
        kind=attempt.outcome,
        at=attempt.started_at,
        title=str(attempt),
        href=of_feed(workspace, feed, "delivery", attempt.pk),
        detail=_("%(status)s in %(duration)s ms")
        % {"status": status, "duration": f"{attempt.duration_ms:,}"},
        workspace=workspace.name if of else "",
        badge=str(attempt.get_outcome_display()),
        tone=TONES[Delivery.Outcome(attempt.outcome)],
    )


def _request_row(stored: StoredRequest) -> TailRow:
    request = stored.request
    return TailRow(
        key=f"r{stored.id}",
        at=datetime.fromtimestamp(request.at_s, tz=UTC),
        title=title_of(request),
        detail=summary_of(request),
        badge=str(request.status or ""),
        tone=tone_of(request),
        json=request.shape,
        rules=(request.code, *request.rules) if request.code else request.rules,
    )
