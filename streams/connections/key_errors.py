"""Why a text is not a valid write key. The messages are for users and omit the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from streams.connections.key_format import KeyProblem


class InvalidWriteKey(ValueError):
    """The text can't be used as the write key of a connection."""


class InvalidKeyFormat(InvalidWriteKey):
    """The text doesn't have the format of a write key."""

    def __init__(self, problem: KeyProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class KeyInUse(InvalidWriteKey):
    """Another connection has the same key."""

    def __init__(self, *, same_workspace: bool) -> None:
        if same_workspace:
            message = _(
                "Another stream of this workspace already uses this write key. Each stream"
                " needs its own source, so that events stay separate. In Segment, add a"
                " source for this stream and copy its write key."
            )
        else:
            message = _(
                "Another workspace already uses this write key. Each workspace needs its"
                " own source, so that events stay separate. In Segment, add a source for"
                " this workspace and copy its write key."
            )
        super().__init__(message)
