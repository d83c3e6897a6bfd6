from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from streams.events.erasure.models import Erasure
from streams.events.models import Feed
from streams.identity.identifiers import NAMES, Identifier, IdentifierKind
from streams.privacy.exporting import records_of
from streams.privacy.kept_outside import missing
from streams.privacy.people import NoPerson
from streams.privacy.repetition import InvalidRecord, record_of, repeat
from streams.privacy.requests import request_erasure

USER_ID = "userId"
KINDS = {name: kind for kind, name in NAMES.items() if name != "externalId"}


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
        parser.add_argument(
            "--by",
            choices=[USER_ID, *KINDS],
            default=USER_ID,
            help="which value of the person is read; userId by default",
        )
        parser.add_argument(
            "--stream", metavar="SLUG", help="only in this stream; required for --by id"
        )
        parser.add_argument(
            "--export",
            action="store_true",
            help="erase nothing, and write all records of the person as JSON Lines",
        )
        parser.add_argument(
            "--list",
            action="store_true",
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
        list: bool,  # noqa: A002 - the name of the option
        replay: bool,
        source: Path | None,
        **_: Any,
    ) -> None:
        if list:
            for erasure in Erasure.objects.select_related("feed").order_by("pk"):
                self.stdout.write(json.dumps(record_of(erasure)))
        elif replay:
            self._replay(source)
        elif workspace is None:
            raise CommandError("Name a workspace, or use --list or --replay.")
        else:
            self._for_person(_feeds(workspace, by, stream), by, exports=export)

    def _for_person(self, feeds: list[Feed], by: str, *, exports: bool) -> None:
        value = sys.stdin.readline().rstrip("\r\n")
        identifiers = [] if by == USER_ID else [Identifier(KINDS[by], value)]
        user_id = value if by == USER_ID else ""
        try:
            for feed in feeds:
                if exports:
                    self._export(feed, user_id, identifiers)
                else:
                    self._erase(feed, user_id, identifiers)
        except NoPerson as error:
            raise CommandError(str(error)) from None

    def _export(self, feed: Feed, user_id: str, identifiers: list[Identifier]) -> None:
        for lines in records_of(feed, user_id=user_id, identifiers=identifiers):
            self.stdout.write(lines.decode(), ending="")

    def _erase(self, feed: Feed, user_id: str, identifiers: list[Identifier]) -> None:
        erasure = request_erasure(
            feed,
            origin=Erasure.Origin.COMMAND,
            user_id=user_id,
            identifiers=identifiers,
            actor=None,
        )
        self.stdout.write(f"{erasure.public_id}: requested in {feed}.")

    def _replay(self, source: Path | None) -> None:
        try:
            lines = source.read_text().splitlines() if source else []
            records = [json.loads(line) for line in lines]
            repeated, gone = repeat([*missing(), *records])
        except (OSError, ValueError, InvalidRecord) as error:
            raise CommandError(f"The file can't be read: {error}") from None
        self.stdout.write(f"{repeated:,} erasures run again in a worker.")
        if gone:
            self.stdout.write(
                f"{gone:,} are of workspaces that aren't in this database."
            )


def _feeds(workspace: str, by: str, stream: str | None) -> list[Feed]:
    """Return the feeds in which to erase. Raises CommandError."""
    feeds = Feed.objects.filter(workspace__public_id=workspace)
    if stream is not None:
        feeds = feeds.filter(stream__slug=stream)
    elif KINDS.get(by) == IdentifierKind.TOOL_ID:
        raise CommandError("Another tool's ID can be another person's. Add --stream.")
    found = [*feeds.select_related("workspace", "stream").order_by("pk")]
    if not found:
        raise CommandError("There is no such workspace, or it has no such stream.")
    return found
