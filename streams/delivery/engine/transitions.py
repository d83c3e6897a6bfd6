"""The effect of a response on the cursor. Pure, so that tests cover every case."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from streams.delivery.models import Cursor, Delivery
from streams.delivery.replay.batches import expired_up_to
from streams.delivery.segment.backoff import Backoff
from streams.delivery.segment.responses import ResponseKind, SegmentResponse

if TYPE_CHECKING:
    from streams.delivery.segment.batch import Batch

BACKOFF = Backoff()
# Segment rarely rejects single events. This many in a row have another cause, so it is
# better to stop delivery than to reject more events.
MAX_REJECTIONS_IN_ROW = 20
ALL_REJECTED = f"Segment rejected {MAX_REJECTIONS_IN_ROW} events in a row."


@dataclass(frozen=True, slots=True)
class Transition:
    """The changes to save: the cursor's new fields, and their consequences."""

    outcome: Delivery.Outcome
    fields: dict[str, object] = field(default_factory=dict)
    moves: bool = False
    attention_reason: str = ""
    stop_reason: str = ""  # of a replay: the connection goes on
    retry_at: datetime | None = None


def transition_after(
    response: SegmentResponse,
    batch: Batch,
    cursor: Cursor,
    *,
    now: datetime,
    chance: float,
) -> Transition:
    """Return the transition that follows from the response to a batch.

    A live cursor stays due; store_outcome.rest decides later whether it goes idle.
    `chance` is a random number from 0 to 1.
    """
    match response.kind:
        case ResponseKind.ACCEPTED:
            return _advance(batch, cursor, now, rejected=False)
        case ResponseKind.NEEDS_ATTENTION:
            return _need_attention(response.reason, cursor, now)
        case ResponseKind.RETRY:
            return _retry(response, cursor, now, chance)
        case ResponseKind.SPLIT if len(batch) > 1:
            fields = {"suspect_seq": batch.last_seq, "due_at": now}
            return Transition(Delivery.Outcome.SPLIT, fields)
        case ResponseKind.SPLIT if cursor.rejections_in_row < MAX_REJECTIONS_IN_ROW:
            return _advance(batch, cursor, now, rejected=True)
        case ResponseKind.SPLIT:
            return _need_attention(ALL_REJECTED, cursor, now)


def after_cancellation(transition: Transition) -> Transition:
    """Return the transition for a replay that was canceled while the request was running.

    Delivered events count; nothing else follows.
    """
    fields = {
        k: v for k, v in transition.fields.items() if k not in ("due_at", "ended_at")
    }
    return replace(transition, fields=fields, stop_reason="", retry_at=None)


def _advance(
    batch: Batch, cursor: Cursor, now: datetime, *, rejected: bool
) -> Transition:
    last = batch.last_seq
    fields: dict[str, object] = {
        "position": last,
        "position_at": batch.last_at,
        "rejected": cursor.rejected + rejected,
        "rejections_in_row": cursor.rejections_in_row + 1 if rejected else 0,
        "due_at": None if last == cursor.end_seq else now,
        "failures": 0,
        "failing_since": None,
    }
    if cursor.suspect_seq is not None and cursor.suspect_seq <= last:
        fields["suspect_seq"] = None
    if cursor.end_seq is None and (erased := last - cursor.position - len(batch)):
        fields["erased"] = cursor.erased + erased
    if rejected:
        transition = Transition(Delivery.Outcome.REJECTED, fields, moves=True)
    else:
        fields["last_delivered_at"] = now
        transition = Transition(Delivery.Outcome.DELIVERED, fields, moves=True)
    if cursor.end_seq is None:
        return transition
    return _with_replay_fields(transition, batch, cursor, now)


def _with_replay_fields(
    transition: Transition, batch: Batch, cursor: Cursor, now: datetime
) -> Transition:
    """Add the changes of a replay: skipped events and its end."""
    fields = dict(transition.fields)
    skipped = batch.last_seq - cursor.position - len(batch)
    expired = expired_up_to(cursor, batch.first_seq - 1)
    fields["filtered"] = cursor.filtered + skipped - expired
    fields["expired"] = cursor.expired + expired
    if fields["due_at"] is None:
        fields["ended_at"] = now
    elif fields["rejections_in_row"] == MAX_REJECTIONS_IN_ROW:
        # Rejections of replayed events say nothing about the connection, so live events
        # continue.
        fields |= {"due_at": None, "ended_at": now}
        return replace(transition, fields=fields, stop_reason=ALL_REJECTED)
    return replace(transition, fields=fields)


def _need_attention(reason: str, cursor: Cursor, now: datetime) -> Transition:
    fields = {"rejections_in_row": 0, **_problem_start(cursor, now)}
    return Transition(Delivery.Outcome.HELD, fields, attention_reason=reason)


def _problem_start(cursor: Cursor, now: datetime) -> dict[str, object]:
    """Where and when the problem started, unless it started earlier."""
    if cursor.failing_since is not None:
        return {}
    return {"troubled_seq": cursor.position, "troubled_at": now}


def _retry(
    response: SegmentResponse, cursor: Cursor, now: datetime, chance: float
) -> Transition:
    failures = cursor.failures + 1
    delay = BACKOFF.wait_after(failures, chance=chance)
    if response.retry_after_s is not None:
        delay = max(delay, timedelta(seconds=response.retry_after_s))
    fields: dict[str, object] = {
        "failures": failures,
        "failing_since": cursor.failing_since or now,
        "due_at": now + delay,
        **_problem_start(cursor, now),
    }
    return Transition(Delivery.Outcome.RETRY, fields, retry_at=now + delay)
