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
ALL_REFUSED = f"Segment rejected {MAX_REJECTIONS_IN_ROW} events in a row."


@dataclass(frozen=True, slots=True)
class Transition:
    """The changes to save: the cursor's new fields, and their consequences."""

    outcome: Delivery.Outcome
    fields: dict[str, object] = field(default_factory=dict)
    moves: bool = False
    hold_because: str = ""
    stop_because: str = ""  # of a replay: the connection goes on
    retry_at: datetime | None = None


def step_after(
    answer: SegmentResponse,
    batch: Batch,
    cursor: Cursor,
    *,
    now: datetime,
    chance: float,
) -> Transition:
    """Return the step that follows from the response to a batch.

    A live cursor stays due; outcome.rest decides later whether it goes idle.
    `chance` is a random number from 0 to 1.
    """
    match answer.verdict:
        case ResponseKind.TAKEN:
            return _forward(batch, cursor, now, rejected=False)
        case ResponseKind.HOLD:
            return _hold(answer.reason, cursor, now)
        case ResponseKind.RETRY:
            return _later(answer, cursor, now, chance)
        case ResponseKind.HALVE if len(batch) > 1:
            fields = {"suspect_seq": batch.last_seq, "due_at": now}
            return Transition(Delivery.Outcome.SPLIT, fields)
        case ResponseKind.HALVE if cursor.rejections_in_row < MAX_REJECTIONS_IN_ROW:
            return _forward(batch, cursor, now, rejected=True)
        case ResponseKind.HALVE:
            return _hold(ALL_REFUSED, cursor, now)


def after_the_end(step: Transition) -> Transition:
    """Return the step for a replay that was canceled while the request was running.

    Delivered events count; nothing else follows.
    """
    fields = {k: v for k, v in step.fields.items() if k not in ("due_at", "ended_at")}
    return replace(step, fields=fields, stop_because="", retry_at=None)


def _forward(
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
    if rejected:
        step = Transition(Delivery.Outcome.REJECTED, fields, moves=True)
    else:
        fields["last_delivered_at"] = now
        step = Transition(Delivery.Outcome.DELIVERED, fields, moves=True)
    return step if cursor.end_seq is None else _of_replay(step, batch, cursor, now)


def _of_replay(
    step: Transition, batch: Batch, cursor: Cursor, now: datetime
) -> Transition:
    """Add the changes of a replay: skipped events and its end."""
    fields = dict(step.fields)
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
        return replace(step, fields=fields, stop_because=ALL_REFUSED)
    return replace(step, fields=fields)


def _hold(reason: str, cursor: Cursor, now: datetime) -> Transition:
    fields = {"rejections_in_row": 0, **_trouble(cursor, now)}
    return Transition(Delivery.Outcome.HELD, fields, hold_because=reason)


def _trouble(cursor: Cursor, now: datetime) -> dict[str, object]:
    """Where and when the problem started, unless it started earlier."""
    if cursor.failing_since is not None:
        return {}
    return {"troubled_seq": cursor.position, "troubled_at": now}


def _later(
    answer: SegmentResponse, cursor: Cursor, now: datetime, chance: float
) -> Transition:
    failures = cursor.failures + 1
    wait = BACKOFF.wait_after(failures, chance=chance)
    if answer.retry_after_s is not None:
        wait = max(wait, timedelta(seconds=answer.retry_after_s))
    fields: dict[str, object] = {
        "failures": failures,
        "failing_since": cursor.failing_since or now,
        "due_at": now + wait,
        **_trouble(cursor, now),
    }
    return Transition(Delivery.Outcome.RETRY, fields, retry_at=now + wait)
