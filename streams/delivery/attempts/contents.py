"""The events that an attempt sent, from the log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.delivery.models import Cursor, Delivery
from streams.delivery.replay.batches import with_new_id
from streams.delivery.replay.matching import matching
from streams.delivery.segment.batch import MAX_EVENTS, Batch
from streams.events.erasure.tombstones import ERASED
from streams.events.queries import between
from streams.events.retention.past_retention import oldest_retained

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from streams.events.models import Event

TRIES_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Try:
    """One of the attempts to send the same batch, and the wait before it."""

    attempt: Delivery
    waited_s: float | None  # since the response before it; None: it is the first


def events_of(attempt: Delivery) -> QuerySet[Event]:
    """Return the stored events of an attempt, by number; at most MAX_EVENTS.

    `attempt.cursor` has its feed and, for a replay, its replay loaded.
    """
    cursor = attempt.cursor
    first = max(attempt.first_seq, oldest_retained(cursor.feed))
    found = between(cursor.feed, first, attempt.last_seq + 1)
    if cursor.kind == Cursor.Kind.REPLAY:
        wanted = cursor.replay.filter
        sent = matching(cursor, wanted, after=first - 1, up_to=attempt.last_seq)
        found = found.filter(seq__in=[event.seq for event in sent])
    return found.order_by("seq")


def body_of(attempt: Delivery) -> bytes | None:
    """Return the body of the request, up to 500 KB; None: not all events are stored."""
    stored = events_of(attempt).exclude(type=ERASED)
    rows = stored.values_list("seq", "received_at", "payload")
    found = list(rows[: MAX_EVENTS + 1])
    if len(found) != attempt.events:
        return None
    payloads = [bytes(payload) for _, _, payload in found]
    cursor = attempt.cursor
    if cursor.kind == Cursor.Kind.REPLAY and cursor.replay.new_ids:
        payloads = [with_new_id(payload, cursor.replay) for payload in payloads]
    batch = Batch(
        first_seq=attempt.first_seq,
        last_seq=attempt.last_seq,
        last_at=found[-1][1],
        payloads=payloads,
        seqs=[seq for seq, _, _ in found],
    )
    return batch.body(attempt.started_at)


def tries_of(attempt: Delivery) -> list[Try]:
    """Return the newest attempts to send the batch that starts with the same event.

    Oldest first, at most TRIES_SHOWN.
    """
    same = Delivery.objects.filter(
        connection=attempt.connection_id,
        cursor=attempt.cursor_id,
        first_seq=attempt.first_seq,
        # No range is longer, which bounds the search by the index.
        last_seq__range=(attempt.first_seq, attempt.first_seq + MAX_EVENTS - 1),
    )
    found = list(same.order_by("-pk")[:TRIES_SHOWN])[::-1]
    tries = []
    for number, one in enumerate(found):
        waited = None
        if number:
            before = found[number - 1]
            passed = (one.started_at - before.started_at).total_seconds()
            waited = max(0.0, passed - before.duration_ms / 1000)
        tries.append(Try(one, waited))
    return tries
