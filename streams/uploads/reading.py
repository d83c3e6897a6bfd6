"""Read uploads: check what they would change, and apply them.

A worker reads some rows in one transaction, with the position after them and what they change.
So one that dies neither loses nor repeats a row.
"""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from streams.base.clock import now
from streams.identity.claims import Origin
from streams.identity.inbound.tool_names import tool_names
from streams.identity.links import (
    MOST_FACTS,
    MOST_IDENTIFIERS,
    MOST_OF_PERSON,
    FactResult,
    IdentityFact,
    learn,
    preview,
)
from streams.identity.map_lock import locked_map
from streams.identity.models import OriginKind
from streams.uploads.counting import MOST_REPORTED, added, report_rows, report_text
from streams.uploads.lines import Lines, Position
from streams.uploads.models import (
    KEPT,
    CheckedLink,
    Upload,
    UploadPart,
    UploadReport,
)
from streams.uploads.rows import (
    Row,
    UnreadableFile,
    csv_rows,
    file_format,
    json_rows,
    read_header,
)
from streams.uploads.services import LEVEL, delete_some, note

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.exports.formats import Row as ReportRow
    from streams.uploads.rows import Column

log = structlog.get_logger()

SILENT = timedelta(seconds=5)  # since the last step: the upload has lost its worker
MOST_TRIED = 20  # uploads that other workers may have
IN_LIST = 500  # parameters, below the limit of every SQLite version
State = Upload.State
_RUNNING = (State.CHECKING, State.APPLYING)
_ORIGIN = Origin(OriginKind.UPLOAD)


def work(stop: Callable[[], bool], rest: Callable[[float], object]) -> None:
    """Read all running uploads, some rows of each in turn, until none is left.

    After each step, `rest` waits as many seconds as it took, so that deliveries in the same
    process and events from Segment come first.
    """
    while not stop():
        began = time.monotonic()
        if not step():
            return
        rest(time.monotonic() - began)


def has_lost_its_worker() -> bool:
    """Whether there are uploads that no worker has touched for a while."""
    running = Upload.objects.filter(state__in=_RUNNING)
    return (
        running.exists() and not running.filter(worked_at__gt=Now() - SILENT).exists()
    )


def step(upload_id: int | None = None) -> bool:
    """Read some rows of the upload that has waited longest, or of this one. False: none.

    Uploads that other workers read now are left to them, unless it is this one.
    """
    running = Upload.objects.filter(state__in=_RUNNING)
    if upload_id is not None:
        running = running.filter(pk=upload_id)
    ready = running.order_by(F("worked_at").asc(nulls_first=True), "pk")
    return any(_step_of(one, waits=upload_id is not None) for one in ready[:MOST_TRIED])


def _step_of(upload: Upload, *, waits: bool) -> bool:
    """Read some rows of an upload. False: another worker has it, or it isn't running."""
    skips = connection.features.has_select_for_update_skip_locked
    rows = Upload.objects.filter(pk=upload.pk, state=upload.state)
    mine = rows.select_for_update(
        skip_locked=skips and not waits, of=("self",) if skips else ()
    )
    try:
        with transaction.atomic():
            if upload.state == State.APPLYING:
                # The map before the upload, as in an erasure.
                locked_map(upload.feed_id)
            found = mine.select_related("feed__stream", "feed__workspace").first()
            if found is None:
                return False
            _step(found)
    except DatabaseError:
        raise  # the sweep wakes another worker
    except UnreadableFile as error:
        _fail(upload, error.failure)
    except Exception:
        # It would fail again, and be the first in line forever.
        log.exception("upload.failed", upload=upload.public_id)
        _fail(upload, Upload.Failure.ERROR)
    return True


def _fail(upload: Upload, failure: Upload.Failure) -> None:
    running = Upload.objects.filter(pk=upload.pk, state__in=_RUNNING)
    running.update(state=State.FAILED, failure=failure, expires_at=now() + KEPT)


def _step(upload: Upload) -> None:
    if upload.is_read:
        applies = upload.state == State.APPLYING
        if not delete_some(upload.pk, parts=applies):
            _end(upload)
    else:
        _read_some(upload)
    upload.save()
    Upload.objects.filter(pk=upload.pk).update(worked_at=Now())


def _end(upload: Upload) -> None:
    upload.expires_at = now() + KEPT
    if upload.state == State.CHECKING:
        upload.state = State.CHECKED
        return
    upload.state = State.APPLIED
    note("identity.uploaded", upload, upload.requested_by, upload.applied)


def _read_some(upload: Upload) -> None:
    """Read the next rows, and store their effects and the new position in the upload."""
    names = tool_names(upload.feed.stream.slug)
    start = Position(upload.part, upload.offset, upload.line)
    lines = Lines(lambda number: _part(upload.pk, number), start)
    if not upload.format:
        # A part can be shorter than the mark at the beginning of a file.
        first = (_part(upload.pk, number) or b"" for number in range(2))
        upload.format = file_format(b"".join(first))
    if upload.format == Upload.Format.JSON_LINES:
        found = json_rows(lines, names)
    else:
        if upload.line == 0:
            upload.columns, upload.delimiter = read_header(lines, names)
        columns: list[Column] = [
            (one[0], one[1]) if one else None for one in upload.columns or []
        ]
        found = csv_rows(lines, columns, upload.delimiter, names)
    rows, upload.is_read = _some(found)
    upload.read_bytes += lines.read_bytes
    upload.part, upload.offset, upload.line = lines.position
    _use(upload, rows)


def _some(found: Iterator[Row]) -> tuple[list[Row], bool]:
    """Return as many rows as fit into one transaction, and whether they are the last."""
    rows, identifiers = [], 0
    for row in found:
        rows.append(row)
        identifiers += len(row.identifiers)
        is_full = identifiers > MOST_IDENTIFIERS - MOST_OF_PERSON
        if len(rows) == MOST_FACTS or is_full:
            return rows, False
    return rows, True


def _use(upload: Upload, rows: Sequence[Row]) -> None:
    at = now()
    readable = [row for row in rows if row.problem is None]
    facts = [
        IdentityFact(row.user_id, row.identifiers, at, _ORIGIN) for row in readable
    ]
    checks = upload.state == State.CHECKING
    done = iter(_check(upload, facts) if checks else learn(upload.feed_id, facts))
    results = [
        (row, FactResult(problem=row.problem) if row.problem else next(done))
        for row in rows
    ]
    if checks:
        upload.checked = added(upload.checked, results)
    else:
        upload.applied = added(upload.applied, results)
    _report(upload, report_rows(results))


def _check(upload: Upload, facts: Sequence[IdentityFact]) -> list[FactResult]:
    results, user_ids = preview(
        upload.feed_id, facts, lambda digests: _earlier(upload.pk, digests)
    )
    CheckedLink.objects.bulk_create(
        [
            CheckedLink(upload=upload, digest=digest, user_id=user_id)
            for digest, user_id in sorted(user_ids.items())
        ],
        update_conflicts=True,
        unique_fields=["upload", "digest"],
        update_fields=["user_id"],
    )
    return results


def _earlier(upload_id: int, digests: Sequence[bytes]) -> dict[bytes, str]:
    links = CheckedLink.objects.filter(upload=upload_id)
    found: dict[bytes, str] = {}
    for first in range(0, len(digests), IN_LIST):
        some = links.filter(digest__in=digests[first : first + IN_LIST])
        for digest, user_id in some.values_list("digest", "user_id"):
            found[bytes(digest)] = user_id
    return found


def _report(upload: Upload, rows: list[ReportRow]) -> None:
    kept = rows[: max(0, MOST_REPORTED - upload.reported)]
    if not kept:
        return
    text = report_text(kept, is_first=upload.reports == 0)
    data = gzip.compress(text, LEVEL)
    UploadReport.objects.create(upload=upload, number=upload.reports, data=data)
    upload.reports += 1
    upload.reported += len(kept)


def _part(upload_id: int, number: int) -> bytes | None:
    part = UploadPart.objects.filter(upload=upload_id, number=number).first()
    return gzip.decompress(bytes(part.data)) if part else None
