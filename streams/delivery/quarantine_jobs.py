"""The jobs of decisions about quarantined events: chunk by chunk, in any worker.

Each chunk is one transaction that moves events from the quarantine to the log, so a worker
that dies neither loses nor duplicates events. A job that can't be processed fails alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import structlog
from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from streams.audit.services import record
from streams.base.clock import now
from streams.catalog.validation.event_validator import (
    EventValidator,
    RuleCache,
    first_error,
)
from streams.delivery.append import accept_released
from streams.delivery.person_completion import complete
from streams.events.log import FeedAddition, NewEvent
from streams.events.models import Feed, QuarantinedEvent, QuarantineJob
from streams.events.people.waiting import stop_waiting
from streams.events.quarantine import QuarantineFilter
from streams.spec.decode.structure import MAX_EVENT_BYTES, too_large
from streams.spec.identity_rules import UNRESOLVED
from streams.spec.validation_modes import ValidationMode

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from streams.spec.issues import Issue

log = structlog.get_logger()

CHUNK = 500  # events per transaction, which locks their feed for hundredths of a second
SILENT = timedelta(seconds=5)  # without a chunk: the job has lost its worker
# A discard starts this much later, because nothing brings its events back.
TIME_TO_UNDO = timedelta(seconds=15)
MOST_EXAMINED = 5_000  # jobs that are searched for those that failed

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


def failed_jobs(since: datetime) -> QuerySet[QuarantineJob]:
    """Return the jobs that failed since then and still have events in quarantine.

    Reads the latest jobs only: there is no index on failures.
    """
    latest = QuarantineJob.objects.order_by("-pk").values("pk")[:MOST_EXAMINED]
    rest = QuarantinedEvent.objects.filter(
        feed=OuterRef("feed"), pk__gt=OuterRef("position"), pk__lte=OuterRef("last_id")
    )
    failed = QuarantineJob.objects.filter(failed=True, ended_at__gte=since)
    return failed.filter(Exists(rest), pk__in=latest).order_by("ended_at", "pk")


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
    try:
        with transaction.atomic():
            _work_on(job)
    except (DataError, IntegrityError) as error:
        _fail(job, error)
    except DatabaseError:
        raise  # the sweep wakes another worker
    except Exception as error:  # noqa: BLE001 - one job must not block all others
        _fail(job, error)
    QuarantineJob.objects.filter(pk=job.pk).update(worked_at=Now())
    return True


def _work_on(job: QuarantineJob) -> None:
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


def _fail(job: QuarantineJob, error: Exception) -> None:
    """End a job that would fail again, and be the first in line forever.

    Its events stay in quarantine from the failed chunk on.
    """
    log.error("quarantine.failed", order=job.order, job=job.pk, exc_info=error)
    job.refresh_from_db()
    job.failed, job.ended_at = True, now()
    job.save(update_fields=["failed", "ended_at"])
    record(
        "quarantine.failed",
        actor=None,
        workspace=job.feed.workspace,
        stream=job.feed.stream.slug,
        order=job.order,
        events=job.left,
    )


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
    if job.action == Action.DISCARD:
        chunk.leave = [row.pk for row in some]
        return chunk
    if job.action == Action.RENAME:
        validator = _validator(feed)
        some = [row for row in some if _rename(row, job.new_name, validator, chunk)]
    anonymously = job.action == Action.RELEASE
    released, stay = complete(some, feed, anonymously=anonymously)
    chunk.leave += [row.pk for row, _event in released]
    chunk.released += [event for _row, event in released]
    chunk.kept += stay
    return chunk


def _rename(
    row: QuarantinedEvent, new_name: str, validator: EventValidator, chunk: _Chunk
) -> bool:
    """Rename an event. False: it still has an error, and stays in quarantine, renamed."""
    content: dict[str, Any] = _decode(bytes(row.payload))
    content["event"] = new_name
    row.name, row.payload = new_name, _encode(content)
    error = _error(content, row.payload, validator)
    if error is not None:
        row.rule = error.rule
        chunk.kept.append(row)
    return error is None


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
    kept = [row.pk for row in chunk.kept if row.rule != UNRESOLVED.id]
    stop_waiting([*chunk.leave, *kept])
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
