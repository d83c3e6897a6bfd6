"""What a request's answer changes: the cursor, and rows that only ever are added."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from streams.delivery.answers import Answer, Verdict
from streams.delivery.backoff import Backoff
from streams.delivery.batching import Batch
from streams.delivery.models import Cursor, CursorMark, Delivery, Rejection
from streams.delivery.services import need_attention
from streams.events.marks import quarter
from streams.events.models import Feed

log = structlog.get_logger()
BACKOFF = Backoff()
# Segment refuses a single event seldom. So many in a row say that something else is
# wrong: better to hold them all than to reject one after the other.
MAX_REJECTIONS_IN_ROW = 20


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that is over. `cursor` stands as it stood when the batch was read."""

    cursor: Cursor
    batch: Batch
    body_bytes: int
    started_at: datetime
    answer: Answer = field(repr=False)


@transaction.atomic
def record(sents: Sequence[Sent], *, now: datetime) -> None:
    """Write down what came of these requests, all in one transaction.

    A cursor that somebody else has moved in the meantime (the lease was lost) is left
    alone: Segment has those events twice, with the same messageIds.
    """
    heads = _heads_of_those_that_catch_up(sents)
    deliveries: list[Delivery] = []
    for sent in sents:
        outcome = _settle(sent, heads.get(sent.cursor.feed_id), now)
        if outcome is None:
            log.warning("delivery.overtaken", cursor=sent.cursor.pk)
            continue
        deliveries.append(_delivery(sent, outcome))
    Delivery.objects.bulk_create(deliveries)
    _log(deliveries)


def _heads_of_those_that_catch_up(sents: Iterable[Sent]) -> dict[int, int]:
    # A cursor goes idle only under its feed's lock: an append either was committed
    # before, and we see its events, or comes after and sees the cursor idle.
    ids = {
        sent.cursor.feed_id
        for sent in sents
        if sent.batch.last_seq >= sent.cursor.feed.head_seq
    }
    if not ids:
        return {}
    locked = Feed.objects.select_for_update(no_key=True).filter(pk__in=ids)
    return dict(locked.order_by("pk").values_list("pk", "head_seq"))


def _settle(sent: Sent, head: int | None, now: datetime) -> Delivery.Outcome | None:
    match sent.answer.verdict:
        case Verdict.TAKEN:
            return _move(sent, head, now, rejected=0)
        case Verdict.HALVE if len(sent.batch) > 1:
            done = _change(sent.cursor, suspect_seq=sent.batch.last_seq, due_at=now)
            return Delivery.Outcome.SPLIT if done else None
        case Verdict.HALVE if sent.cursor.rejections_in_row < MAX_REJECTIONS_IN_ROW:
            return _reject(sent, head, now)
        case Verdict.HALVE:
            words = f"Segment refused {MAX_REJECTIONS_IN_ROW} events one after the other."
            return _hold(sent, words)
        case Verdict.HOLD:
            return _hold(sent, sent.answer.reason)
        case Verdict.RETRY:
            done = _change(sent.cursor, **_try_later(sent, now))
            return Delivery.Outcome.RETRY if done else None


def _move(
    sent: Sent, head: int | None, now: datetime, *, rejected: int
) -> Delivery.Outcome | None:
    cursor, last = sent.cursor, sent.batch.last_seq
    mark = _mark(cursor, now)
    fields: dict[str, object] = {
        "position": last,
        "position_at": sent.batch.last_at,
        "rejected": cursor.rejected + rejected,
        "rejections_in_row": cursor.rejections_in_row + 1 if rejected else 0,
        "due_at": None if head is not None and last >= head else now,
        "failures": 0,
        "failing_since": None,
    }
    if cursor.suspect_seq is not None and cursor.suspect_seq <= last:
        fields["suspect_seq"] = None
    if not rejected:
        fields["last_delivered_at"] = now
    if not _change(cursor, **fields):
        return None
    CursorMark.objects.bulk_create(mark, ignore_conflicts=True)
    return Delivery.Outcome.REJECTED if rejected else Delivery.Outcome.DELIVERED


def _mark(cursor: Cursor, now: datetime) -> list[CursorMark]:
    """The mark of a quarter of an hour in which the cursor moves for the first time."""
    before, start = cursor.last_delivered_at, quarter(now)
    if before is not None and quarter(before) == start:
        return []
    return [
        CursorMark(
            cursor_id=cursor.pk,
            at=start,
            position=cursor.position,
            rejected=cursor.rejected,
        )
    ]


def _reject(sent: Sent, head: int | None, now: datetime) -> Delivery.Outcome | None:
    outcome = _move(sent, head, now, rejected=1)
    if outcome:
        Rejection.objects.create(
            connection_id=sent.cursor.connection_id,
            cursor=sent.cursor,
            seq=sent.batch.last_seq,
            reason=f"{sent.answer.reason} {sent.answer.text}"[:300],
            status_code=sent.answer.status,
            created_at=now,
        )
    return outcome


def _hold(sent: Sent, reason: str) -> Delivery.Outcome | None:
    if not _change(sent.cursor, rejections_in_row=0):
        return None
    need_attention(connection=sent.cursor.connection, reason=reason)
    return Delivery.Outcome.HELD


def _try_later(sent: Sent, now: datetime) -> dict[str, object]:
    failures = sent.cursor.failures + 1
    # Not for a secret: any spread will do.
    wait = BACKOFF.wait_after(failures, chance=random.random())  # noqa: S311
    if sent.answer.retry_after_s is not None:
        wait = max(wait, timedelta(seconds=sent.answer.retry_after_s))
    return {
        "failures": failures,
        "failing_since": sent.cursor.failing_since or now,
        "due_at": now + wait,
    }


def _change(cursor: Cursor, **fields: object) -> bool:
    """Update the row if it still stands where the batch was read; and `cursor` with it."""
    still = Cursor.objects.filter(pk=cursor.pk, position=cursor.position)
    if not still.update(**fields):
        return False
    for name, value in fields.items():
        setattr(cursor, name, value)
    return True


def _delivery(sent: Sent, outcome: Delivery.Outcome) -> Delivery:
    answer, batch = sent.answer, sent.batch
    retry = outcome is Delivery.Outcome.RETRY
    return Delivery(
        cursor=sent.cursor,
        connection_id=sent.cursor.connection_id,
        first_seq=batch.first_seq,
        last_seq=batch.last_seq,
        events=len(batch),
        body_bytes=sent.body_bytes,
        started_at=sent.started_at,
        duration_ms=answer.duration_ms,
        outcome=outcome,
        status_code=answer.status,
        error="" if answer.verdict is Verdict.TAKEN else answer.reason[:300],
        answer=answer.text[:1000],
        retry_at=sent.cursor.due_at if retry else None,
    )


def _log(deliveries: Iterable[Delivery]) -> None:
    for delivery in deliveries:
        log.info(
            "delivery.finished",
            connection=delivery.connection_id,
            first_seq=delivery.first_seq,
            events=delivery.events,
            outcome=str(delivery.outcome),
            status=delivery.status_code,
            duration_ms=delivery.duration_ms,
        )
