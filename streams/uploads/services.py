"""Receive, apply, delete and expire uploads. Reading them is in reading.py."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from streams.audit.services import record
from streams.base.clock import now
from streams.delivery.wake import wake_uploads_after_commit
from streams.uploads.counting import CONFLICTS, NEW, REFUSED
from streams.uploads.models import (
    KEPT,
    CheckedLink,
    Upload,
    UploadPart,
    UploadReport,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.events.models import Feed
    from streams.tenancy.models import User

MAX_FILE_BYTES = 1_000_000_000
MAX_PART_BYTES = 4_000_000  # two of them are in memory at once
DELETED_AT_ONCE = 50  # parts
DELETED_LINKS = 5_000  # at once
LEVEL = 1  # of gzip: fast
State = Upload.State
ENDED = (State.APPLIED, State.FAILED)


class UploadOpen(Exception):
    """The feed has an upload already that isn't applied."""


class UploadChanged(Exception):
    """The upload isn't in the state that the request needs."""


def start_upload(*, feed: Feed, size_bytes: int, actor: User | None) -> Upload:
    """Start to receive a file of this size. Raises UploadOpen, and ValueError for the size."""
    if not 0 < size_bytes <= MAX_FILE_BYTES:
        raise ValueError(_("The file is empty or has more than 1 GB. Split it."))
    try:
        with transaction.atomic():
            upload = Upload.objects.create(
                feed=feed,
                size_bytes=size_bytes,
                requested_by=actor,
                expires_at=now() + KEPT,
            )
            note("identity.upload_started", upload, actor, upload.checked)
    except IntegrityError:
        if not _open(feed).exists():
            raise
        raise UploadOpen(
            _("Another upload isn't applied yet. Apply it or delete it first.")
        ) from None
    return upload


@transaction.atomic
def add_part(upload: Upload, number: int, data: bytes) -> None:
    """Store a part, from 0 on; after the last one, a worker checks the file.

    A part that was stored already is ignored, so a sender can repeat it. Raises UploadChanged.
    """
    row = _locked(upload)
    if number < row.parts:
        return
    received = row.received_bytes + len(data)
    fits = 0 < len(data) <= MAX_PART_BYTES and received <= row.size_bytes
    if row.state != State.RECEIVING or number != row.parts or not fits:
        raise UploadChanged(_("The upload was interrupted. Delete it and start again."))
    UploadPart.objects.create(
        upload=row, number=number, data=gzip.compress(data, LEVEL)
    )
    row.parts += 1
    row.received_bytes = received
    if received == row.size_bytes:
        row.state, row.expires_at = State.CHECKING, None
        wake_uploads_after_commit()
    row.save()


@transaction.atomic
def apply_upload(*, upload: Upload, actor: User | None) -> None:
    """Add the links of a file that was checked. Raises UploadChanged."""
    row = _locked(upload)
    if row.state != State.CHECKED:
        raise UploadChanged(_("The upload has changed meanwhile."))
    row.state, row.expires_at = State.APPLYING, None
    row.part = row.offset = row.line = row.read_bytes = 0
    row.is_read, row.reports, row.reported = False, 0, 0
    row.save()
    UploadReport.objects.filter(upload=row).delete()
    note("identity.upload_applied", row, actor, row.checked)
    wake_uploads_after_commit()


def delete_upload(*, upload: Upload, actor: User | None) -> None:
    """Delete an upload, its file and its report. Links that were added stay.

    A worker that reads it stops.
    """
    with transaction.atomic():
        row = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        if row is None:
            return
        note("identity.upload_deleted", row, actor, row.checked)
        # No worker reads it from now on, and the sweep deletes the rest if this process ends.
        row.state, row.failure = State.FAILED, Upload.Failure.ERROR
        row.expires_at = now()
        row.save()
    _delete(row.pk)


def stop_uploads(feed_id: int) -> None:
    """Have no upload of a feed applied any more, or it could add a person who is erased.

    The caller holds the lock of the feed's map.
    """
    of_feed = Upload.objects.filter(feed=feed_id).exclude(state__in=ENDED)
    of_feed.update(
        state=State.FAILED, failure=Upload.Failure.ERASED, expires_at=now() + KEPT
    )


def delete_all(feed_id: int) -> int:
    """Delete all uploads of a feed with their files and reports; return how many."""
    ids = list(Upload.objects.filter(feed=feed_id).values_list("pk", flat=True))
    for pk in ids:
        _delete(pk)
    return len(ids)


def report(upload: Upload) -> Iterator[bytes]:
    """Yield the report as CSV, in pieces."""
    for number in range(upload.reports):
        part = UploadReport.objects.filter(upload=upload, number=number).first()
        if part is None:  # just deleted
            return
        yield gzip.decompress(bytes(part.data))


def forget(at: datetime) -> int:
    """Delete uploads that have expired; return how many."""
    ids = list(Upload.objects.filter(expires_at__lt=at).values_list("pk", flat=True))
    for pk in ids:
        _delete(pk)
    return len(ids)


def delete_some(upload_id: int, *, parts: bool) -> bool:
    """Delete some of what an upload needs no more. False: nothing is left.

    `parts`: also the file, not only what a check stores.
    """
    links = CheckedLink.objects.filter(upload=upload_id)
    if digests := list(links.values_list("digest", flat=True)[:DELETED_LINKS]):
        links.filter(digest__in=digests).delete()
        return True
    file = UploadPart.objects.filter(upload=upload_id)
    numbers = list(file.values_list("number", flat=True)[:DELETED_AT_ONCE])
    if not (parts and numbers):
        return False
    file.filter(number__in=numbers).delete()
    return True


def note(
    action: str, upload: Upload, actor: User | None, counts: dict[str, int]
) -> None:
    """Write the activity log entry of an upload, with numbers and without userIds."""
    record(
        action,
        actor=actor,
        workspace=upload.feed.workspace,
        stream=upload.feed.stream.slug,
        upload=upload.public_id,
        links=counts.get(NEW, 0),
        conflicts=counts.get(CONFLICTS, 0),
        refused=counts.get(REFUSED, 0),
    )


def _delete(upload_id: int) -> None:
    while delete_some(upload_id, parts=True):
        pass
    UploadReport.objects.filter(upload=upload_id).delete()
    Upload.objects.filter(pk=upload_id).delete()


def _open(feed: Feed) -> QuerySet[Upload]:
    return Upload.objects.filter(feed=feed).exclude(state__in=ENDED)


def _locked(upload: Upload) -> Upload:
    row = Upload.objects.select_for_update().filter(pk=upload.pk).first()
    if row is None:
        raise UploadChanged(_("The upload was deleted."))
    return row
