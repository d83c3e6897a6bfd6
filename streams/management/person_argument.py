"""A person as an argument of commands.

The value is read from the standard input, so that it doesn't stay in the shell.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from django.core.management.base import CommandError

from streams.identity.identifiers import NAMES, Identifier, IdentifierKind

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from streams.identity.identifiers import NamedPerson

USER_ID = "userId"
KINDS = {name: kind for kind, name in NAMES.items() if name != "externalId"}


def add_person(parser: CommandParser) -> None:
    """Add the options `--by` and `--stream`."""
    parser.add_argument(
        "--by",
        choices=[USER_ID, *KINDS],
        default=USER_ID,
        help="which value of the person is read; userId by default",
    )
    parser.add_argument(
        "--stream", metavar="SLUG", help="only in this stream; required for --by id"
    )


def check_stream(by: str, stream: str | None) -> None:
    """Refuse to use the ID in one tool for all streams. Raises CommandError."""
    if stream is None and KINDS.get(by) == IdentifierKind.TOOL_ID:
        raise CommandError("Another tool's ID can be another person's. Add --stream.")


def read_person(by: str) -> NamedPerson:
    """Read a value from the standard input."""
    value = sys.stdin.readline().rstrip("\r\n")
    if by == USER_ID:
        return {"user_id": value, "identifiers": []}
    return {"user_id": "", "identifiers": [Identifier(KINDS[by], value)]}
