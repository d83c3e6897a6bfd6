from __future__ import annotations

import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from streams.events.models import Feed
from streams.uploads import services
from streams.uploads.models import Upload
from streams.uploads.reading import step

if TYPE_CHECKING:
    from collections.abc import Iterator


class Command(BaseCommand):
    help = (
        "Read a file with userIds and identifiers (CSV or JSON Lines) into a workspace's"
        " identity map. Without --apply, only report what the file would change. If the"
        " command is killed, the workers continue."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="path of the file")
        parser.add_argument(
            "--workspace", required=True, help="ID of the workspace in its URL"
        )
        parser.add_argument(
            "--stream", help="slug, if the workspace has several streams"
        )
        parser.add_argument("--apply", action="store_true", help="add the links")
        parser.add_argument("--report", metavar="PATH", help="write the report there, as CSV")  # fmt: skip

    def handle(self, *, file: str, **options: Any) -> None:
        feed = _feed(options["workspace"], options["stream"])
        try:
            with Path(file).open("rb") as opened:
                size = Path(file).stat().st_size
                upload = _sent(feed, opened, size)
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        except (services.UploadOpen, ValueError) as error:
            raise CommandError(str(error)) from error
        upload = self._read(upload)
        self.stdout.write("Checked: " + _counts(upload.checked))
        if options["apply"]:
            services.apply_upload(upload=upload, actor=None)
            upload = self._read(upload)
            self.stdout.write("Applied: " + _counts(upload.applied))
        else:
            self.stdout.write("Nothing was changed. Run it with --apply to add the links.")  # fmt: skip
        if path := options["report"]:
            with Path(path).open("wb") as out:
                out.writelines(services.report(upload))

    def _read(self, upload: Upload) -> Upload:
        """Read the file to its end, together with workers. Raises CommandError."""
        while True:
            upload.refresh_from_db()
            if not upload.is_running:
                break
            began = time.monotonic()
            step(upload.pk)
            # Events come first: each step holds the lock of the map, and SQLite's only lock.
            time.sleep(time.monotonic() - began)
        if upload.state == Upload.State.FAILED:
            raise CommandError(str(upload.get_failure_display()))
        return upload


def _feed(workspace: str, stream: str | None) -> Feed:
    feeds = Feed.objects.select_related("stream", "workspace").filter(
        workspace__public_id=workspace
    )
    if stream:
        feeds = feeds.filter(stream__slug=stream)
    found = list(feeds.order_by("stream__slug"))
    if not found:
        raise CommandError("There is no such workspace, or it has no such stream.")
    if len(found) > 1:
        slugs = ", ".join(feed.stream.slug for feed in found)
        raise CommandError(f"The workspace has several streams. Add --stream: {slugs}.")
    return found[0]


def _sent(feed: Feed, opened: IO[bytes], size: int) -> Upload:
    # A file that an earlier command only checked, or didn't send completely.
    waiting = (Upload.State.RECEIVING, Upload.State.CHECKED)
    earlier = Upload.objects.filter(feed=feed, state__in=waiting, requested_by=None)
    if left := earlier.first():
        services.delete_upload(upload=left, actor=None)
    upload = services.start_upload(feed=feed, size_bytes=size, actor=None)
    for number, part in enumerate(_parts(opened)):
        services.add_part(upload, number, part)
    return upload


def _parts(opened: IO[bytes]) -> Iterator[bytes]:
    while part := opened.read(services.MAX_PART_BYTES):
        yield part


def _counts(counts: dict[str, int]) -> str:
    return (
        f"{counts.get('people', 0):,} people, {counts.get('new', 0):,} new links,"
        f" {counts.get('known', 0):,} known, {counts.get('conflicts', 0):,} in conflict,"
        f" {counts.get('refused', 0):,} rows refused."
    )
