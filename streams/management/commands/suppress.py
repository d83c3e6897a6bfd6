from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from streams.events.models import Feed
from streams.identity.identifiers import NAMES, Identifier, IdentifierKind
from streams.identity.models import SuppressedPerson
from streams.identity.suppression.services import (
    NoPerson,
    SuppressionScope,
    suppress,
    unsuppress,
)
from streams.tenancy.models import Workspace

USER_ID = "userId"
KINDS = {name: kind for kind, name in NAMES.items() if name != "externalId"}


class Command(BaseCommand):
    help = (
        "Suppress a person in all streams of a workspace, so that no more events of that"
        " person are stored. The value is read from the standard input, so that it doesn't"
        " stay in the shell. With --undo, their events are stored again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workspace", help="the public ID of the workspace")
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
            "--undo", action="store_true", help="store events of the person again"
        )

    def handle(
        self, *, workspace: str, by: str, stream: str | None, undo: bool, **_: Any
    ) -> None:
        scope = _scope(workspace, by, stream)
        value = sys.stdin.readline().rstrip("\r\n")
        user_id = value if by == USER_ID else ""
        identifiers = [] if by == USER_ID else [Identifier(KINDS[by], value)]
        try:
            if undo:
                count = unsuppress(scope, user_id=user_id, identifiers=identifiers)
                self.stdout.write(_removed(count))
                return
            found, is_new = suppress(
                scope,
                user_id=user_id,
                identifiers=identifiers,
                origin=SuppressedPerson.Origin.COMMAND,
            )
        except NoPerson:
            raise CommandError("This value can't identify a person.") from None
        state = "suppressed from now on" if is_new else "suppressed already"
        self.stdout.write(f"{found.public_id}: {state}.")


def _removed(count: int) -> str:
    if not count:
        return "No such person is suppressed."
    return "The person is no longer suppressed."


def _scope(workspace: str, by: str, stream: str | None) -> SuppressionScope:
    """Return where to suppress. Raises CommandError."""
    found = Workspace.objects.filter(public_id=workspace).first()
    if found is None:
        raise CommandError("There is no such workspace.")
    if stream is None:
        if KINDS.get(by) == IdentifierKind.TOOL_ID:
            raise CommandError(
                "Another tool's ID can be another person's. Add --stream."
            )
        return SuppressionScope(found)
    feeds = Feed.objects.filter(workspace=found, stream__slug=stream)
    feed = feeds.select_related("stream").first()
    if feed is None:
        raise CommandError("The workspace has no such stream.")
    return SuppressionScope(found, feed)
