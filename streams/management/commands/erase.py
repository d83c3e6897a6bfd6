from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from streams.events.erasure.models import Erasure
from streams.events.models import Feed
from streams.identity.identifiers import NoPerson
from streams.management.person_argument import (
    add_person,
    check_stream,
    read_person,
)
from streams.privacy.exporting import records_of
from streams.privacy.kept_outside import missing
from streams.privacy.repetition import InvalidRecord, record_of, repeat
from streams.privacy.requests import request_erasure

if TYPE_CHECKING:
    from streams.identity.identifiers import NamedPerson


class Command(BaseCommand):
    help = (
        "Erase a person in all streams of a workspace. The value is read from the standard"
        " input, so that it doesn't stay in the shell. A worker does the work; the"
        " page Privacy of the workspace has the report."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "workspace", nargs="?", help="the public ID of the workspace"
        )
        add_person(parser)
        parser.add_argument(
            "--export",
            action="store_true",
            help="erase nothing, and write all records of the person as JSON Lines",
        )
        parser.add_argument(
            "--list",
            action="store_true",
            dest="lists",
            help="write all erasures as JSON Lines, with digests instead of values",
        )
        parser.add_argument(
            "--replay",
            action="store_true",
            help="have erasures run again, after a backup was restored",
        )
        parser.add_argument(
            "--from",
            dest="source",
            metavar="FILE",
            type=Path,
            help="for --replay: a file that --list wrote since the backup",
        )

    def handle(
        self,
        *,
        workspace: str | None,
        by: str,
        stream: str | None,
        export: bool,
        lists: bool,
        replay: bool,
        source: Path | None,
        **_: Any,
    ) -> None:
        if lists:
            named = Erasure.objects.select_related("feed__workspace", "feed__stream")
            for erasure in named.order_by("pk").iterator():
                self.stdout.write(json.dumps(record_of(erasure)))
        elif replay:
            self._replay(source)
        elif workspace is None:
            raise CommandError("Name a workspace, or use --list or --replay.")
        else:
            self._for_person(_feeds(workspace, by, stream), by, exports=export)

    def _for_person(self, feeds: list[Feed], by: str, *, exports: bool) -> None:
        person = read_person(by)
        try:
            for feed in feeds:
                if exports:
                    self._export(feed, person)
                else:
                    self._erase(feed, person)
        except NoPerson as error:
            raise CommandError(str(error)) from None

    def _export(self, feed: Feed, person: NamedPerson) -> None:
        for lines in records_of(feed, **person):
            self.stdout.write(lines.decode(), ending="")

    def _erase(self, feed: Feed, person: NamedPerson) -> None:
        origin = Erasure.Origin.COMMAND
        erasure = request_erasure(feed, **person, origin=origin, actor=None)
        self.stdout.write(f"{erasure.public_id}: requested in {feed}.")

    def _replay(self, source: Path | None) -> None:
        try:
            lines = source.read_text().splitlines() if source else []
            records = [json.loads(line) for line in lines]
            repeated, gone = repeat([*missing(), *records])
        except (OSError, ValueError, InvalidRecord) as error:
            raise CommandError(f"The file can't be read: {error}") from None
        self.stdout.write(f"Erasures that run again in a worker: {repeated:,}.")
        if gone:
            self.stdout.write(f"Of workspaces that this database lacks: {gone:,}.")


def _feeds(workspace: str, by: str, stream: str | None) -> list[Feed]:
    """Return the feeds in which to erase. Raises CommandError."""
    check_stream(by, stream)
    feeds = Feed.objects.filter(workspace__public_id=workspace)
    if stream is not None:
        feeds = feeds.filter(stream__slug=stream)
    found = [*feeds.select_related("workspace", "stream").order_by("pk")]
    if not found:
        raise CommandError("There is no such workspace, or it has no such stream.")
    return found
