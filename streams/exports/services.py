"""Request, write, read and delete exports.

A worker claims an export for one part, and stores the part with the progress in one transaction,
so one that dies neither loses nor duplicates rows.
"""

from __future__ import annotations

import gzip
import secrets
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from streams.audit.services import record
from streams.base.clock import now
from streams.delivery.wake import wake_exports_after_commit
from streams.exports import formats
from streams.exports.models import KEPT, Export, ExportPart
from streams.exports.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from streams.events.models import Feed
    from streams.tenancy.models import User

log = structlog.get_logger()

PART_ROWS = 1_000
# Where an export ends early. The parts are compressed, usually to a tenth.
MAX_ROWS = 2_000_000
MAX_STORED_BYTES = 500_000_000
SILENT = timedelta(seconds=5)  # since a claim or a part: the export has lost its worker
DELETED_AT_ONCE = 200  # parts
LEVEL = 1  # of gzip: fast

State = Export.State
# Actions of the activity log.
REQUESTED: Mapping[str, str] = {
    Export.Kind.EVENTS: "export.requested",
    Export.Kind.ATTEMPTS: "export.attempts_requested",
    Export.Kind.PERSON: "export.person_requested",
}


class ExportRunning(Exception):
    """The feed has an export in progress already."""


def request_export(
    *,
    feed: Feed,
    wanted: Mapping[str, object],
    form: Export.Format,
    actor: User | None,
    kind: Export.Kind = Export.Kind.EVENTS,
) -> Export:
    """Start an export of the rows that exist now, and wake a worker.

    `wanted` is a filter from `stored_filter` of the kind's module. The activity log gets the
    names of its fields, and no value. Raises ExportRunning.
    """
    top, bottom = SOURCES[kind].span(feed, wanted)
    try:
        with transaction.atomic():
            export = Export.objects.create(
                feed=feed,
                kind=kind,
                format=form,
                filter=wanted,
                requested_by=actor,
                top=top,
                bottom=bottom,
                position=top,
            )
            filters = ", ".join(sorted(wanted))
            _note(REQUESTED[export.kind], export, actor, filters)
            wake_exports_after_commit()
    except IntegrityError:
        if not Export.objects.filter(feed=feed, state=State.RUNNING).exists():
            raise
        raise ExportRunning(
            _("An export is in progress already. Wait until it's ready, or cancel it.")
        ) from None
    return export


@transaction.atomic
def delete_export(*, export: Export, actor: User) -> None:
    """Delete an export with its file. One in progress stops."""
    Export.objects.select_for_update().filter(pk=export.pk).first()
    _note("export.deleted", export, actor, ", ".join(sorted(export.filter)))
    ExportPart.objects.filter(export=export).delete()
    Export.objects.filter(pk=export.pk).delete()


def content(export: Export) -> Iterator[bytes]:
    """Yield the file in pieces of a few megabytes at most."""
    for number in range(export.parts):
        part = ExportPart.objects.filter(export=export, number=number).first()
        if part is None:  # just deleted
            return
        yield gzip.decompress(bytes(part.data))


def work(stop: Callable[[], bool], rest: Callable[[float], object]) -> None:
    """Work on all running exports, one part of each in turn, until none is left.

    After each part, `rest` waits as many seconds as it took, so that deliveries in the same
    process come first.
    """
    while not stop():
        began = time.monotonic()
        if not _write_part():
            return
        rest(time.monotonic() - began)


def has_lost_its_worker() -> bool:
    """Whether there are exports that no worker has touched for a while."""
    running = Export.objects.filter(state=State.RUNNING)
    return (
        running.exists() and not running.filter(worked_at__gt=Now() - SILENT).exists()
    )


def forget(at: datetime) -> int:
    """Delete exports that ended more than KEPT before `at`; return how many."""
    old = Export.objects.filter(ended_at__lt=at - KEPT)
    ids = list(old.values_list("pk", flat=True))
    for pk in ids:
        parts = ExportPart.objects.filter(export=pk)
        while numbers := list(parts.values_list("number", flat=True)[:DELETED_AT_ONCE]):
            parts.filter(number__in=numbers).delete()
    old.filter(pk__in=ids).delete()
    return len(ids)


def _write_part() -> bool:
    """Write a part of the export that has waited longest. False: there is none.

    Searching and compressing take up to a second, so they happen outside of the transaction:
    on SQLite, every append would wait for it.
    """
    export = _claim()
    if export is None:
        return False
    claim = export.claim
    try:
        text = _next_rows(export)
        data = gzip.compress(text, LEVEL) if text else b""
    except DatabaseError:
        raise  # once the claim has run out, the sweep wakes another worker
    except Exception:
        # It would fail again, and be the first in line forever.
        log.exception("export.failed", export=export.public_id)
        held = Export.objects.filter(pk=export.pk, claim=claim, state=State.RUNNING)
        held.update(state=State.FAILED, ended_at=now(), claim="")
    else:
        _store(export, data, size_bytes=len(text))
    return True


def _claim() -> Export | None:
    """Claim the running export that has waited longest, among those without a live worker."""
    claim = secrets.token_hex(6)
    silent = Q(worked_at__lt=Now() - SILENT)
    free = Export.objects.filter(Q(claim="") | silent, state=State.RUNNING)
    while True:
        export = free.order_by(F("worked_at").asc(nulls_first=True), "pk").first()
        if export is None:
            return None
        # No row if another worker was faster.
        if free.filter(pk=export.pk).update(claim=claim, worked_at=Now()):
            export.claim = claim
            return export


def _next_rows(export: Export) -> bytes:
    """Return the next part of the file, and advance the export, which is not saved."""
    source = SOURCES[export.kind]
    page = source.page(
        export.feed, export.filter, before=export.position, limit=PART_ROWS
    )
    rows, columns = page.rows, source.COLUMNS
    if export.format == Export.Format.CSV:
        rows, columns = [source.csv_row(row) for row in rows], source.CSV_COLUMNS
    text = formats.body(export.format, rows, is_first=export.rows == 0)
    if export.parts == 0:
        text = formats.opening(export.format, columns) + text
    export.rows += len(page.rows)
    export.position = export.bottom if page.next_before is None else page.next_before
    _end_if_done(export, is_last=page.next_before is None)
    if not export.is_running:
        text += formats.closing(export.format)
    return text


def _end_if_done(export: Export, *, is_last: bool) -> None:
    full = export.rows >= MAX_ROWS or export.stored_bytes >= MAX_STORED_BYTES
    if is_last:
        export.state = State.COMPLETE
    elif full:
        export.state = State.CUT
    if not export.is_running:
        export.ended_at = now()


@transaction.atomic
def _store(export: Export, data: bytes, *, size_bytes: int) -> None:
    """Save the part and the progress, unless the export was deleted or has another worker."""
    of_worker = Export.objects.filter(
        pk=export.pk, claim=export.claim, state=State.RUNNING
    )
    if of_worker.select_for_update().first() is None:
        return
    if data:
        ExportPart.objects.create(export=export, number=export.parts, data=data)
        export.parts += 1
        export.size_bytes += size_bytes
        export.stored_bytes += len(data)
    export.claim = ""
    export.save()
    Export.objects.filter(pk=export.pk).update(worked_at=Now())


def _note(action: str, export: Export, actor: User | None, filters: str) -> None:
    record(
        action,
        actor=actor,
        workspace=export.feed.workspace,
        stream=export.feed.stream.slug,
        export=export.public_id,
        format=str(export.format),
        filter=filters,
    )
