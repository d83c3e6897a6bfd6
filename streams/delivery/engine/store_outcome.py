"""Store the outcome of requests."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.db.models import Q

from streams.delivery.connection.status import need_attention
from streams.delivery.cursor_store import store
from streams.delivery.engine.skipped_meanwhile import deliver_skipped
from streams.delivery.engine.transitions import (
    Transition,
    after_cancellation,
    transition_after,
)
from streams.delivery.models import Cursor, CursorMark, Delivery, Rejection
from streams.delivery.replay.models import Replay
from streams.delivery.replay.recovery import recover
from streams.delivery.segment.responses import ResponseKind, SegmentResponse
from streams.events.quarter_hours import quarter
from streams.tracked_users import store as tracked_users
from streams.tracked_users.kinds import SeenIds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from streams.delivery.cursor_store import Move
    from streams.delivery.segment.batch import Batch

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CompletedRequest:
    """A completed request. `cursor` is as it was when the batch was read."""

    cursor: Cursor
    batch: Batch
    body_bytes: int
    started_at: datetime
    response: SegmentResponse = field(repr=False)

    @property
    def caught_up(self) -> bool:
        """Whether it contained all live events that were queued when it was read."""
        return self.batch.last_seq >= self.cursor.feed.head_seq


def record(requests: Sequence[CompletedRequest], *, now: datetime) -> set[int]:
    """Store the outcomes of requests in one transaction.

    Returns the IDs of the cursors that are due again immediately, to send more or to
    `rest`. A cursor that another process has moved (the lease was lost) is left alone:
    Segment then has those events twice, with the same messageIds.
    """
    with transaction.atomic():
        ended = _ended_meanwhile(requests)
        transitions = [
            (request, _transition(request, ended, now)) for request in requests
        ]
        moved = _move(transitions)
        done = [
            (request, transition)
            for request, transition in transitions
            if request.cursor.pk in moved or _deliver_skipped(request, now)
        ]
        for request, transition in done:
            if request.cursor.pk in moved:
                _follow_up(request, transition, now)
        _count_people(done, now)
        deliveries = [_delivery(request, transition) for request, transition in done]
        Delivery.objects.bulk_create(deliveries)
    _log(deliveries)
    return {
        request.cursor.pk
        for request, transition in done
        if transition.fields.get("due_at") == now
    }


@transaction.atomic
def rest(cursor_ids: Collection[int]) -> set[int]:
    """Let live cursors without queued events go idle; return their IDs.

    A cursor goes idle only under its feed's lock. So an append either committed before, and
    we see its events, or comes later and sees the idle cursor. We don't wait for a running
    append, whose group may have a hundred feeds; the cursor then stays due and is checked
    again. Appends must not wait long for us either, so this is not part of `record`, whose
    commit waits for the disk.
    """
    return store().rest(cursor_ids) if cursor_ids else set()


def _ended_meanwhile(requests: Iterable[CompletedRequest]) -> set[int]:
    """Return the replays that were canceled while their request was running."""
    replays = [
        request.cursor for request in requests if request.cursor.end_seq is not None
    ]
    if not replays:
        return set()
    # All cursors of their connections, and the live cursors whose rejected events they may
    # recover, locked in the same order as by lock_of.
    locked = Cursor.objects.select_for_update(no_key=True).filter(
        Q(connection__in={cursor.connection_id for cursor in replays})
        | Q(feed__in={cursor.feed_id for cursor in replays}, kind=Cursor.Kind.LIVE)
    )
    moments = dict(locked.order_by("pk").values_list("pk", "ended_at"))
    return {cursor.pk for cursor in replays if moments[cursor.pk] is not None}


def _transition(
    request: CompletedRequest, ended: set[int], now: datetime
) -> Transition:
    chance = random.random()  # noqa: S311 - spreads retries, guards nothing
    transition = transition_after(
        request.response, request.batch, request.cursor, now=now, chance=chance
    )
    return after_cancellation(transition) if request.cursor.pk in ended else transition


def _move(transitions: Sequence[tuple[CompletedRequest, Transition]]) -> set[int]:
    """Update the cursors that are unchanged since the batches were read; return their IDs."""
    moved: set[int] = set()
    alike: defaultdict[tuple[str, ...], list[Move]] = defaultdict(list)
    for request, transition in transitions:
        cursor = request.cursor
        if transition.retry_at is None:
            move = (cursor.pk, cursor.position, transition.fields)
            alike[tuple(transition.fields)].append(move)
        # After a new key or "retry now", the delay of the old failure doesn't apply.
        elif Cursor.objects.filter(
            pk=cursor.pk, position=cursor.position, due_at=cursor.due_at
        ).update(**transition.fields):
            moved.add(cursor.pk)
    for moves in alike.values():
        moved |= store().move(moves)
    return moved


def _deliver_skipped(request: CompletedRequest, now: datetime) -> bool:
    """Count an accepted request whose events were skipped meanwhile. False: overtaken."""
    if request.response.kind is ResponseKind.ACCEPTED:
        before = deliver_skipped(request.cursor, request.batch, now=now)
        if before is not None:
            _mark(before, now)
            return True
    log.warning("delivery.overtaken", cursor=request.cursor.pk)
    return False


def _follow_up(
    request: CompletedRequest, transition: Transition, now: datetime
) -> None:
    """Store the consequences for a cursor that was updated."""
    cursor = request.cursor
    if transition.attention_reason:
        need_attention(connection=cursor.connection, reason=transition.attention_reason)
    if transition.stop_reason:
        Replay.objects.filter(pk=cursor.pk).update(
            stopped_because=transition.stop_reason
        )
    if transition.moves and cursor.end_seq is None:  # the chart shows live cursors
        _mark(cursor, now)
    if transition.outcome is Delivery.Outcome.REJECTED:
        _reject(request, now)
    if transition.outcome is Delivery.Outcome.DELIVERED and cursor.end_seq is not None:
        recover(cursor, request.batch.seqs, now=now)


def _count_people(
    done: Sequence[tuple[CompletedRequest, Transition]], now: datetime
) -> None:
    """Count the people of delivered replays this month. Ingest counted those of live events."""
    seen = SeenIds()
    for request, transition in done:
        is_replay = request.cursor.end_seq is not None
        if is_replay and transition.outcome is Delivery.Outcome.DELIVERED:
            seen.add_payloads(request.cursor.feed_id, request.batch.payloads)
    if seen:
        tracked_users.add(seen, at=now)


def _mark(cursor: Cursor, now: datetime) -> None:
    """Record the cursor's position before its first move in this quarter of an hour."""
    before, start = cursor.last_delivered_at, quarter(now)
    if before is not None and quarter(before) == start:
        return
    mark = CursorMark(
        cursor_id=cursor.pk,
        at=start,
        position=cursor.position,
        rejected=cursor.rejected,
        erased=cursor.erased,
    )
    CursorMark.objects.bulk_create([mark], ignore_conflicts=True)


def _reject(request: CompletedRequest, now: datetime) -> None:
    Rejection.objects.create(
        connection_id=request.cursor.connection_id,
        cursor=request.cursor,
        seq=request.batch.last_seq,
        reason=f"{request.response.reason} {request.response.text}"[:300],
        status_code=request.response.status,
        created_at=now,
    )


def _delivery(request: CompletedRequest, transition: Transition) -> Delivery:
    response, batch = request.response, request.batch
    is_accepted = response.kind is ResponseKind.ACCEPTED
    return Delivery(
        cursor=request.cursor,
        connection_id=request.cursor.connection_id,
        first_seq=batch.first_seq,
        last_seq=batch.last_seq,
        events=len(batch),
        body_bytes=request.body_bytes,
        started_at=request.started_at,
        duration_ms=response.duration_ms,
        connect_ms=response.connect_ms,
        first_byte_ms=response.first_byte_ms,
        outcome=transition.outcome,
        status_code=response.status,
        error="" if is_accepted else response.reason[:300],
        answer=response.text[:1000],
        headers="" if is_accepted else response.headers,
        retry_at=transition.retry_at,
    )


def _log(deliveries: Iterable[Delivery]) -> None:
    for delivery in deliveries:
        log.info(
            "delivery.finished",
            connection=delivery.connection_id,
            feed=delivery.cursor.feed_id,
            first_seq=delivery.first_seq,
            last_seq=delivery.last_seq,
            events=delivery.events,
            outcome=str(delivery.outcome),
            status=delivery.status_code,
            duration_ms=delivery.duration_ms,
        )
