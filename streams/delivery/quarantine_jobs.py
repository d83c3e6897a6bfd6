"""The jobs of decisions about quarantined events: chunk by chunk, in any worker.

Each chunk is one transaction that moves events from the quarantine to the log, so a worker
that dies neither loses nor duplicates events.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from streams.base.clock import now
from streams.catalog.validation.event_validator import (
    EventValidator,
    RuleCache,
    first_error,
)
from streams.delivery.append import accept_released
from streams.events.log import FeedAddition, NewEvent
from streams.events.models import Feed, QuarantinedEvent, QuarantineJob
from streams.events.quarantine import QuarantineFilter
from streams.spec.decode.structure import MAX_EVENT_BYTES, too_large
from streams.spec.validation_modes import ValidationMode

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.spec.issues import Issue

CHUNK = 500  # events per transaction, which locks their feed for hundredths of a second
SILENT = timedelta(seconds=5)  # without a chunk: the job has lost its worker
# A discard starts this much later, because nothing brings its events back.
TIME_TO_UNDO = timedelta(seconds=15)

Action = QuarantineJob.Action
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def work(stop: Callable[[], bool]) -> None:
    """Work on all jobs, one chunk of each in turn, until none is left."""
    while not stop() and _work_some():
        pass


def has_lost_its_worker() -> bool:
    """Whether there are jobs that no worker has touched for a while."""
    to_do = _to_do()
    return to_do.exists() and not to_do.filter(worked_at__gt=Now() - SILENT).exists()


def _to_do() -> QuerySet[QuarantineJob]:
    may_start = ~Q(action=Action.DISCARD) | Q(requested_at__lte=Now() - TIME_TO_UNDO)
    return QuarantineJob.objects.filter(may_start, ended_at=None)


@dataclass(slots=True)
class _Chunk:
    """The next events of a job, and what to do with each."""

    last_id: int
    leave: list[int] = field(default_factory=list)  # by id
    released: list[NewEvent] = field(default_factory=list)
    kept: list[QuarantinedEvent] = field(default_factory=list)


@transaction.atomic
def _work_some() -> bool:
    """Work on a chunk of the job that has waited longest.

    False: there is no job, or other workers hold all of them.
    """
    free = _to_do().select_for_update(skip_locked=True, of=("self",))
    job = free.order_by(F("worked_at").asc(nulls_first=True), "pk").first()
    if job is None:
        return False
    # Like an append: nothing is added or expires while we count.
    locked = Feed.objects.select_for_update(no_key=True, of=("self",))
    feed = locked.select_related("stream").get(pk=job.feed_id)
    chunk = _next_chunk(job, feed)
    if chunk is None:
        job.ended_at = now()
    else:
        _carry_out(job, feed, chunk)
        job.position = chunk.last_id
    job.save(update_fields=["position", "released", "discarded", "kept", "ended_at"])
    QuarantineJob.objects.filter(pk=job.pk).update(worked_at=Now())
    return True


def _next_chunk(job: QuarantineJob, feed: Feed) -> _Chunk | None:
    rows = QuarantineFilter(rule=job.rule, name=job.name).of([feed.pk])
    if job.action == Action.RENAME:
        rows = rows.filter(type="track")
    some = list(
        rows.filter(pk__gt=job.position, pk__lte=job.last_id).order_by("pk")[:CHUNK]
    )
    if not some:
        return None
    chunk = _Chunk(some[-1].pk)
    if job.action == Action.RENAME:
        validator = _validator(feed)
        for row in some:
            _rename(row, job.new_name, validator, chunk)
        return chunk
    chunk.leave = [row.pk for row in some]
    if job.action == Action.RELEASE:
        chunk.released = [_event(row) for row in some]
    return chunk


def _rename(
    row: QuarantinedEvent, new_name: str, validator: EventValidator, chunk: _Chunk
) -> None:
    """Rename an event; one that still has an error stays in quarantine, renamed."""
    content: dict[str, Any] = _decode(bytes(row.payload))
    content["event"] = new_name
    row.name, row.payload = new_name, _encode(content)
    error = _error(content, row.payload, validator)
    if error is None:
        chunk.leave.append(row.pk)
        chunk.released.append(_event(row))
    else:
        row.rule = error.rule
        chunk.kept.append(row)


def _error(
    content: dict[str, Any], payload: bytes, validator: EventValidator
) -> Issue | None:
    if len(payload) > MAX_EVENT_BYTES:
        return too_large(len(payload))
    return first_error(validator.issues(content, now=now()))


def _carry_out(job: QuarantineJob, feed: Feed, chunk: _Chunk) -> None:
    """Save a chunk."""
    QuarantinedEvent.objects.filter(pk__in=chunk.leave).delete()
    QuarantinedEvent.objects.bulk_update(chunk.kept, ["name", "rule", "payload"])
    discarded = len(chunk.leave) - len(chunk.released)
    Feed.objects.filter(pk=feed.pk).update(
        quarantined=F("quarantined") - len(chunk.leave),
        discarded=F("discarded") + discarded,
    )
    job.released += len(chunk.released)
    job.discarded += discarded
    job.kept += len(chunk.kept)
    if chunk.released:
        accept_released(FeedAddition(feed.pk, chunk.released), now=now())


def _validator(feed: Feed) -> EventValidator:
    """The rules of the stream as they are now, whatever its validation mode."""
    rules = RuleCache().of([feed.stream_id])[feed.stream_id]
    validator = rules.checks(ValidationMode.QUARANTINE)
    assert validator is not None  # noqa: S101 - at least QUARANTINE is in force
    return validator


def _event(row: QuarantinedEvent) -> NewEvent:
    return NewEvent(row.type, row.name, row.user_id, row.message_id, bytes(row.payload))
