"""Proves the ledger of a feed from the rows, in the database: no row is loaded.

Safe beside a running portal. Rows of what is retained are only ever added, so what was
true of the numbers up to a head or a position that was read is true still when its rows
are looked at. Of what has expired the rows are gone: there the cursor's own columns speak,
and the audit log says the same of what was never sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import (
    Count,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Window,
)
from django.db.models.functions import Coalesce, Lag

from streams.audit.models import AuditEntry
from streams.connections.models import Connection
from streams.delivery.expiry import EXPIRED
from streams.delivery.models import Cursor, Delivery, Rejection
from streams.events.models import Event, Feed, QuarantinedEvent, QuarantineJob
from streams.events.quarantine import EXPIRED as QUARANTINE_EXPIRED

# What a cursor has settled after %(base)s: the ranges that Segment took, and the events it
# refused. Each must begin right after the one before it.
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


def findings(feed: Feed) -> list[str]:
    """What is wrong with a feed and its cursors, in words; nothing if nothing is."""
    while True:
        feed.refresh_from_db(fields=["expired_seq", "expired", "quarantine_expired"])
        found = list(_findings(feed))
        # What expired while we looked has taken its rows along: look again.
        if Feed.objects.filter(
            pk=feed.pk,
            expired_seq=feed.expired_seq,
            quarantine_expired=feed.quarantine_expired,
        ).exists():
            return found


def _findings(feed: Feed) -> Iterator[str]:
    cursors = list(Cursor.objects.filter(feed=feed).order_by("connection_id", "pk"))
    # The head after the positions: so none of them can be beyond it.
    head = Feed.objects.values_list("head_seq", flat=True).get(pk=feed.pk)
    noted = _noted(feed)
    yield from _log(feed, head)
    for cursor in cursors:
        for finding in chain(
            _numbers(cursor, head),
            _settled(cursor, feed.expired_seq),
            _expired(cursor, noted, feed.expired_seq),
            _state(cursor),
        ):
            yield f"{cursor.kind} cursor {cursor.pk}: {finding}"
    if (said := _events(noted, None)) != feed.expired:
        yield f"{feed.expired} events have expired, the audit log says {said}"
    yield from _beside(feed)


def _beside(feed: Feed) -> Iterator[str]:
    """What was received and never got a number is in quarantine, or accounted for.

    Columns and rows in one statement, which sees one moment.
    """
    rows = QuarantinedEvent.objects.filter(feed=OuterRef("pk")).order_by()
    jobs = QuarantineJob.objects.filter(feed=OuterRef("pk")).order_by()
    counted = Feed.objects.filter(pk=feed.pk).annotate(
        rows=_one(rows.values("feed").annotate(n=Count("pk"))),
        by_jobs=_one(jobs.values("feed").annotate(n=Sum("discarded"))),
    )
    [(quarantined, rows_there, discarded, by_jobs)] = counted.values_list(
        "quarantined", "rows", "discarded", "by_jobs"
    )
    if quarantined != rows_there:
        yield f"it counts {quarantined} in quarantine, the rows are {rows_there}"
    if discarded != by_jobs:
        yield f"it counts {discarded} discarded, the jobs say {by_jobs}"
    said = sum(detail["events"] for detail in _entries(feed, QUARANTINE_EXPIRED))
    if said != feed.quarantine_expired:
        yield (
            f"{feed.quarantine_expired} events have expired in quarantine, the audit log"
            f" says {said}"
        )


def _one(grouped: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(grouped.values("n")), 0)


def _noted(feed: Feed) -> list[dict[str, Any]]:
    """What the audit log says has expired unsent."""
    return _entries(feed, EXPIRED)


def _entries(feed: Feed, action: str) -> list[dict[str, Any]]:
    entries = AuditEntry.objects.filter(workspace=feed.workspace_id, action=action)
    details = entries.values_list("detail", flat=True)
    return [detail for detail in details if detail["feed"] == feed.pk]


def _log(feed: Feed, head: int) -> Iterator[str]:
    """The events are numbered to the head from the oldest retained, each number once."""
    expired_seq = feed.expired_seq
    events = Event.objects.filter(feed=feed, seq__gt=expired_seq)
    newest = events.filter(seq__lte=head).aggregate(last=Max("seq"))["last"]
    last = expired_seq if newest is None else newest
    if last < head:
        yield f"the head is {head}, the last event {last}"
    if events.filter(seq__gt=head).filter(seq__gt=F("feed__head_seq")).exists():
        yield "there are events beyond the head"
    steps = (
        events.filter(seq__lte=head)
        .values("seq")
        .annotate(before=Window(Lag("seq", default=expired_seq), order_by="seq"))
    )
    for step in steps.exclude(seq=F("before") + 1).order_by("seq")[:3]:
        if step["seq"] == step["before"]:
            yield f"event {step['seq']} is there twice"
        else:
            yield f"events {step['before'] + 1} to {step['seq'] - 1} are missing"


def _numbers(cursor: Cursor, head: int) -> Iterator[str]:
    """The columns of the cursor agree with the head and the rejections."""
    if cursor.position > head:
        yield f"it is at {cursor.position}, beyond the head {head}"
    if cursor.delivered < 0:
        yield f"it has delivered {cursor.delivered}"
    # In one statement: rows are deleted, and their number kept, in one transaction.
    refused = Rejection.objects.filter(cursor=cursor)
    of_it = Rejection.objects.filter(cursor=OuterRef("pk")).order_by()
    rows = of_it.values("cursor").annotate(n=Count("pk")).values("n")
    counted = Cursor.objects.filter(pk=cursor.pk).annotate(
        rows=Coalesce(Subquery(rows.filter(seq__lte=OuterRef("position"))), 0)
    )
    [(rejected, forgotten, count)] = counted.values_list(
        "rejected", "rejected_forgotten", "rows"
    )
    if forgotten + count != rejected:
        yield f"it counts {rejected} rejected, the rows are {forgotten + count}"
    if refused.filter(seq__gt=F("cursor__position")).exists():
        yield "there are rejections beyond its position"


def _settled(cursor: Cursor, expired_seq: int) -> Iterator[str]:
    """Each retained event up to the position was taken by one request, or rejected, or
    neither and filtered."""
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
    if cursor.filtered:  # a replay leaves out events within its requests, too
        missing += inside
    # Some of those that were filtered may have expired since.
    fits = (
        missing == cursor.filtered
        if base == cursor.start
        else missing <= cursor.filtered
    )
    if not fits:
        yield f"{missing} events are in no delivery, {cursor.filtered} were filtered: after {where}"
    if twice:
        yield f"{twice} events were settled twice: after {where}"
    taken = Delivery.objects.filter(
        connection=cursor.connection_id,
        cursor=cursor,
        outcome=Delivery.Outcome.DELIVERED,
    )
    further = taken.filter(last_seq__gt=cursor.position)
    if further.filter(last_seq__gt=F("cursor__position")).exists():
        yield "there are deliveries beyond its position"
    whole = {} if cursor.filtered else {"events": F("last_seq") - F("first_seq") + 1}
    if whole and taken.exclude(**whole).exists():
        yield "a delivery counts more or fewer events than its range holds"


def _expired(
    cursor: Cursor, noted: list[dict[str, Any]], expired_seq: int
) -> Iterator[str]:
    """What expired unsent is in the audit log, each event once."""
    if cursor.kind == Cursor.Kind.REPLAY:  # it was sent before: nothing to note
        past = max(0, min(cursor.position, expired_seq) - cursor.start)
        if cursor.expired > past:
            yield f"it counts {cursor.expired} expired, of its events {past} have"
    elif (said := _events(noted, cursor.pk)) != cursor.expired:
        yield f"it counts {cursor.expired} expired, the audit log says {said}"


def _events(noted: list[dict[str, Any]], cursor_id: int | None) -> int:
    return sum(detail["events"] for detail in noted if detail["cursor"] == cursor_id)


def _state(cursor: Cursor) -> Iterator[str]:
    """Nothing that may be sent is forgotten, and nothing is sent that may not be.

    Each in one statement, which sees one moment.
    """
    row = Cursor.objects.filter(pk=cursor.pk)
    waiting = Q(end_seq=None, position__lt=F("feed__head_seq")) | Q(
        position__lt=F("end_seq"), ended_at=None
    )
    if row.filter(waiting, due_at=None).exists():
        yield "events wait, and it is not due"
    if row.filter(position=F("end_seq"), ended_at=None).exists():
        yield "it is at its end, and has not ended"
    sending = Q(
        connection__status=Connection.Status.ACTIVE, connection__deleted_at=None
    )
    if row.filter(sending, held=True).exists():
        yield "it is held, and its connection is active"
    if row.filter(~sending, held=False).exists():
        yield "it is not held, and its connection is not active"
