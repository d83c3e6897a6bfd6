"""What an answer means for the cursor: pure, so every case can be told in a test."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from streams.delivery.answers import Answer, Verdict
from streams.delivery.backoff import Backoff
from streams.delivery.models import Cursor, Delivery

if TYPE_CHECKING:
    from streams.delivery.batching import Batch

BACKOFF = Backoff()
# Segment refuses a single event seldom. So many in a row say that something else is
# wrong: better to hold them all than to reject one after the other.
MAX_REJECTIONS_IN_ROW = 20


@dataclass(frozen=True, slots=True)
class Step:
    """What to write: the cursor's new fields, and what else follows."""

    outcome: Delivery.Outcome
    fields: dict[str, object] = field(default_factory=dict)
    moves: bool = False
    hold_because: str = ""
    retry_at: datetime | None = None


def step_after(
    answer: Answer,
    batch: Batch,
    cursor: Cursor,
    *,
    head: int | None,
    now: datetime,
    chance: float,
) -> Step:
    """The step that an answer to a batch of this cursor calls for.

    `head` is the feed's last number, read under its lock; None: the batch did not reach
    what was known of it. `chance` is a random number from 0 to 1.
    """
    match answer.verdict:
        case Verdict.TAKEN:
            return _forward(batch, cursor, head, now, rejected=False)
        case Verdict.HOLD:
            return _hold(answer.reason)
        case Verdict.RETRY:
            return _later(answer, cursor, now, chance)
        case Verdict.HALVE if len(batch) > 1:
            fields = {"suspect_seq": batch.last_seq, "due_at": now}
            return Step(Delivery.Outcome.SPLIT, fields)
        case Verdict.HALVE if cursor.rejections_in_row < MAX_REJECTIONS_IN_ROW:
            return _forward(batch, cursor, head, now, rejected=True)
        case Verdict.HALVE:
            return _hold(
                f"Segment refused {MAX_REJECTIONS_IN_ROW} events one after the other."
            )


def _forward(
    batch: Batch, cursor: Cursor, head: int | None, now: datetime, *, rejected: bool
) -> Step:
    last = batch.last_seq
    fields: dict[str, object] = {
        "position": last,
        "position_at": batch.last_at,
        "rejected": cursor.rejected + rejected,
        "rejections_in_row": cursor.rejections_in_row + 1 if rejected else 0,
        "due_at": None if head is not None and last >= head else now,
        "failures": 0,
        "failing_since": None,
    }
    if cursor.suspect_seq is not None and cursor.suspect_seq <= last:
        fields["suspect_seq"] = None
    if rejected:
        return Step(Delivery.Outcome.REJECTED, fields, moves=True)
    fields["last_delivered_at"] = now
    return Step(Delivery.Outcome.DELIVERED, fields, moves=True)


def _hold(reason: str) -> Step:
    return Step(Delivery.Outcome.HELD, {"rejections_in_row": 0}, hold_because=reason)


def _later(answer: Answer, cursor: Cursor, now: datetime, chance: float) -> Step:
    failures = cursor.failures + 1
    wait = BACKOFF.wait_after(failures, chance=chance)
    if answer.retry_after_s is not None:
        wait = max(wait, timedelta(seconds=answer.retry_after_s))
    fields: dict[str, object] = {
        "failures": failures,
        "failing_since": cursor.failing_since or now,
        "due_at": now + wait,
    }
    return Step(Delivery.Outcome.RETRY, fields, retry_at=now + wait)
