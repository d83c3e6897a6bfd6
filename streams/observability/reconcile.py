"""Verifies the ledger of a feed against its rows, inside the database.

This is safe while the portal runs. Rows of retained events are only ever added, so what
holds for the numbers up to a head or position still holds when its rows are read later.
The rows of expired events are gone; for them, the cursor's columns are compared with the
activity log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from django.db import connection
from django.db.models import (
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    Window,
)
from django.db.models.functions import Lag

from streams.connections.models import Connection
from streams.delivery.models import Cursor, Delivery, Rejection
from streams.delivery.segment.batch import MAX_EVENTS
from streams.events.models import Event, Feed
from streams.observability import reconcile_log

# The ranges that Segment accepted and the events that it rejected, after %(base)s. Each
# must begin right after the previous one.
STRETCHES = """
    SELECT CASE WHEN first_seq > %(base)s OR %(base)s = %(start)s THEN first_seq
           ELSE %(base)s + 1 END AS first, last_seq AS last, events
    FROM streams_delivery
    WHERE connection_id = %(connection)s AND cursor_id = %(cursor)s
      AND outcome = 'delivered' AND last_seq <= %(position)s
      AND (last_seq > %(base)s OR %(base)s = %(start)s)
    UNION ALL
    SELECT seq, seq, 1 FROM streams_rejection
    WHERE cursor_id = %(cursor)s AND seq <= %(position)s
      AND (seq > %(base)s OR %(base)s = %(start)s)
    UNION ALL
    SELECT %(position)s + 1, %(position)s + 1, 1
"""
COVERAGE = f"""
    SELECT sum(CASE WHEN first > before + 1 THEN first - before - 1 ELSE 0 END),
           sum(CASE WHEN first <= before THEN before - first + 1 ELSE 0 END),
           min(CASE WHEN first <> before + 1 THEN before END),
           sum(last - first + 1 - events)
    FROM (
        SELECT first, last, events,
               lag(last, 1, %(base)s) OVER (ORDER BY last, first) AS before
        FROM ({STRETCHES}) AS stretches
    ) AS steps
"""  # noqa: S608 - made of constants


def inconsistencies(feed: Feed) -> list[str]:
    """Return one sentence for each inconsistency of a feed and its cursors."""
    while True:
        feed.refresh_from_db(fields=["expired_seq", "expired", "quarantine_expired"])
        cursors = list(Cursor.objects.filter(feed=feed).order_by("connection_id", "pk"))
        found = list(_inconsistencies(feed, cursors))
        # Start over if events expired meanwhile, because their rows are gone, or if some
        # were skipped, which can be undone by the response of a running request.
        same = Feed.objects.filter(
            pk=feed.pk,
            expired_seq=feed.expired_seq,
            quarantine_expired=feed.quarantine_expired,
        )
        skips = {c.pk: c.filtered for c in cursors if c.kind == Cursor.Kind.LIVE}
        now = Cursor.objects.filter(pk__in=skips).values_list("pk", "filtered")
        if same.exists() and dict(now) == skips:
            return found


def _inconsistencies(feed: Feed, cursors: Sequence[Cursor]) -> Iterator[str]:
    # Read the head after the positions, so that no position is beyond it.
    head = Feed.objects.values_list("head_seq", flat=True).get(pk=feed.pk)
    logged = reconcile_log.expired_entries(feed)
    yield from _log(feed, head)
    for cursor in cursors:
        for text in chain(
            _numbers(cursor, head),
            _settled(cursor, feed.expired_seq),
            reconcile_log.expired(cursor, logged, feed.expired_seq),
            reconcile_log.skipped(cursor, feed),
            _state(cursor),
        ):
            yield f"{cursor.kind} cursor {cursor.pk}: {text}"
    if (total := reconcile_log.events_of(logged, None)) != feed.expired:
        yield f"{feed.expired} events have expired, but the activity log says {total}"
    yield from reconcile_log.quarantine(feed)


def _log(feed: Feed, head: int) -> Iterator[str]:
    """Check that events are numbered from the oldest retained to the head without gaps."""
    expired_seq = feed.expired_seq
    events = Event.objects.filter(feed=feed, seq__gt=expired_seq)
    newest = events.filter(seq__lte=head).aggregate(last=Max("seq"))["last"]
    last = expired_seq if newest is None else newest
    if last < head:
        yield f"the head is {head}, but the last event is {last}"
    if events.filter(seq__gt=head).filter(seq__gt=F("feed__head_seq")).exists():
        yield "there are events after the head"
    steps = (
        events.filter(seq__lte=head)
        .values("seq")
        .annotate(before=Window(Lag("seq", default=expired_seq), order_by="seq"))
    )
    for step in steps.exclude(seq=F("before") + 1).order_by("seq")[:3]:
        if step["seq"] == step["before"]:
            yield f"event {step['seq']} exists twice"
        else:
            yield f"events {step['before'] + 1} to {step['seq'] - 1} are missing"


def _numbers(cursor: Cursor, head: int) -> Iterator[str]:
    """Check the cursor's columns against the head and the rejections."""
    if cursor.position > head:
        yield f"the position {cursor.position} is after the head {head}"
    if cursor.delivered < 0:
        yield f"the number of delivered events is {cursor.delivered}"
    # In one statement, because one transaction deletes rows and records their number.
    refused = Rejection.objects.filter(cursor=cursor)
    of_it = Rejection.objects.filter(cursor=OuterRef("pk")).order_by()
    up_to = of_it.filter(seq__lte=OuterRef("position")).values("cursor")
    counted = Cursor.objects.filter(pk=cursor.pk).annotate(
        rows=reconcile_log.count_of(up_to.annotate(n=Count("pk"))),
        recovered_rows=reconcile_log.count_of(up_to.annotate(n=Count("recovered_by"))),
    )
    [(rejected, forgotten, rows, recovered, recovered_forgotten, recovered_rows)] = (
        counted.values_list(
            "rejected", "rejected_forgotten", "rows",
            "recovered", "recovered_forgotten", "recovered_rows",
        )
    )  # fmt: skip
    if forgotten + rows != rejected:
        yield (
            f"{rejected} events were rejected, but there are {forgotten + rows} rejections"
        )
    if recovered_forgotten + recovered_rows != recovered:
        yield (
            f"{recovered} events were recovered, but"
            f" {recovered_forgotten + recovered_rows} rejections say so"
        )
    yield from _recovered(cursor)
    if refused.filter(seq__gt=F("cursor__position")).exists():
        yield "there are rejections after the position"


def _recovered(cursor: Cursor) -> Iterator[str]:
    """Check that the attempts of a replay contain each event that it recovered."""
    attempts = Delivery.objects.filter(
        connection=OuterRef("recovered_by__connection"),
        cursor=OuterRef("recovered_by"),
        outcome=Delivery.Outcome.DELIVERED,
        first_seq__lte=OuterRef("seq"),
        last_seq__range=(OuterRef("seq"), OuterRef("seq") + MAX_EVENTS - 1),
    )
    recovered = Rejection.objects.filter(cursor=cursor).exclude(recovered_by=None)
    for seq in (
        recovered.exclude(Exists(attempts))
        .order_by("seq")
        .values_list("seq", flat=True)[:3]
    ):
        yield f"event {seq} counts as recovered, but no attempt of a replay delivered it"


def _settled(cursor: Cursor, expired_seq: int) -> Iterator[str]:
    """Check that each retained event up to the position was delivered once, rejected or
    skipped."""
    base = max(cursor.start, expired_seq)
    values = {
        "connection": cursor.connection_id,
        "cursor": cursor.pk,
        "start": cursor.start,
        "base": base,
        "position": max(cursor.position, base),
    }
    with connection.cursor() as sql:
        sql.execute(COVERAGE, values)
        missing, twice, where, inside = sql.fetchone()
    if _has_gaps(cursor):
        missing += inside
    # Some of the skipped and erased events may have expired since.
    unsent = cursor.filtered + cursor.erased
    fits = missing == unsent if base == cursor.start else missing <= unsent
    if not fits:
        yield (
            f"{missing} events after {where} are in no delivery, but {unsent} were skipped"
            " or erased"
        )
    if twice:
        yield f"{twice} events after {where} were settled twice"
    yield from _deliveries(cursor)


def _has_gaps(cursor: Cursor) -> bool:
    """Whether requests may lack events of their range.

    A replay with a filter skips some, and a live cursor leaves out those that were erased.
    """
    is_filtered = cursor.kind == Cursor.Kind.REPLAY and cursor.filtered > 0
    return is_filtered or cursor.erased > 0


def _deliveries(cursor: Cursor) -> Iterator[str]:
    delivered = Delivery.objects.filter(
        connection=cursor.connection_id,
        cursor=cursor,
        outcome=Delivery.Outcome.DELIVERED,
    )
    further = delivered.filter(last_seq__gt=cursor.position)
    if further.filter(last_seq__gt=F("cursor__position")).exists():
        yield "there are deliveries after the position"
    size = F("last_seq") - F("first_seq") + 1
    if not _has_gaps(cursor) and delivered.exclude(events=size).exists():
        yield "a delivery has a number of events that does not match its range"


def _state(cursor: Cursor) -> Iterator[str]:
    """Check that events to send are scheduled, and that those of stopped connections are not.

    Each check is one statement, for a consistent view.
    """
    row = Cursor.objects.filter(pk=cursor.pk)
    waiting = Q(end_seq=None, position__lt=F("feed__head_seq")) | Q(
        position__lt=F("end_seq"), ended_at=None
    )
    if row.filter(waiting, due_at=None).exists():
        yield "events are queued, but the cursor is not due"
    if row.filter(position=F("end_seq"), ended_at=None).exists():
        yield "the cursor has reached its end, but has not ended"
    sending = Q(
        connection__status=Connection.Status.ACTIVE, connection__deleted_at=None
    )
    if row.filter(sending, held=True).exists():
        yield "the cursor is stopped, but its connection is active"
    if row.filter(~sending, held=False).exists():
        yield "the cursor is not stopped, but its connection is not active"
