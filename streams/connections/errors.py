"""Why a text cannot be a connection's write key, in words for people and without the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.connections.shape import KeyProblem


class InvalidWriteKey(ValueError):
    """A text that cannot be a connection's write key."""


class WrongShape(InvalidWriteKey):
    """It does not look like a write key."""

    def __init__(self, problem: KeyProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class KeyInUse(InvalidWriteKey):
    """Another connection has the same key."""

    def __init__(self, *, same_workspace: bool) -> None:
        whose = "another stream of this" if same_workspace else "another"
        super().__init__(
            f"This write key is already used by {whose} workspace. Each needs a source of"
            " its own, or their events cannot be told apart: in Segment, add a source for"
            " this one and copy its write key."
        )
