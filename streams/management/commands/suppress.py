from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from streams.events.models import Feed
from streams.identity.identifiers import NoPerson
from streams.identity.models import SuppressedPerson
from streams.identity.suppression.services import (
    SuppressionScope,
    suppress,
    unsuppress,
)
from streams.management.person_argument import add_person, check_stream, read_person
from streams.tenancy.models import Workspace


class Command(BaseCommand):
    help = (
        "Suppress a person in all streams of a workspace, so that no more events of that"
        " person are stored. The value is read from the standard input, so that it doesn't"
        " stay in the shell. With --undo, their events are stored again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workspace", help="the public ID of the workspace")
        add_person(parser)
        parser.add_argument(
            "--undo", action="store_true", help="store events of the person again"
        )

    def handle(
        self, *, workspace: str, by: str, stream: str | None, undo: bool, **_: Any
    ) -> None:
        scope = _scope(workspace, by, stream)
        person = read_person(by)
        try:
            if undo:
                self.stdout.write(_removed(unsuppress(scope, **person)))
                return
            origin = SuppressedPerson.Origin.COMMAND
            found, is_new = suppress(scope, **person, origin=origin)
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
    check_stream(by, stream)
    if stream is None:
        return SuppressionScope(found)
    feeds = Feed.objects.filter(workspace=found, stream__slug=stream)
    feed = feeds.select_related("stream").first()
    if feed is None:
        raise CommandError("The workspace has no such stream.")
    return SuppressionScope(found, feed)
