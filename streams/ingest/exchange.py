"""One request on its way to its answer: what the connection and the front share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from streams.ingest.body import MAX_BYTES

if TYPE_CHECKING:
    from streams.ingest.answers import Answer
    from streams.ingest.committer import Job
    from streams.ingest.service import Admission


class Wire(Protocol):
    """The connection that a request came by; only the event loop's thread calls it."""

    def advance(self) -> None:
        """Write the answer that is due, and begin the next request."""

    def admitted(self, exchange: Exchange) -> None:
        """Go on reading the body, now that it is known how large it may be."""

    def release(self, exchange: Exchange) -> None:
        """Count its body no more: it is stored, refused or in the writer's count."""


class Exchange:
    """Not a dataclass: one is made for each request. Times are the monotonic clock's."""

    __slots__ = (
        "_wire", "admission", "answer", "awaits_continue", "body", "counted_bytes",
        "due_at", "headers", "is_asking", "is_begun", "is_counted", "is_last", "is_whole", "job",
        "length", "max_bytes", "method", "path",
    )  # fmt: skip

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.method = ""
        self.path = ""
        self.headers: dict[str, str] = {}  # names in lower case
        self.length: int | None = 0  # as announced; None: in chunks
        self.awaits_continue = False  # the body comes once it is asked for
        self.body = b""
        self.counted_bytes = 0  # of its body, in the server's count
        self.is_counted = False  # the whole body was counted before it came
        self.is_whole = False  # all of it is there
        self.is_last = False  # its sender wants the connection to end with the answer
        self.max_bytes = MAX_BYTES
        self.is_asking = False  # the database, how large the body may be
        self.admission: Admission | None = None
        self.is_begun = False
        self.job: Job | None = None  # once its events wait to be written
        self.due_at = math.inf  # when its sender has waited for an answer long enough
        self.answer: Answer | None = None

    @property
    def is_ready(self) -> bool:
        """All is there that an answer needs, but the answer itself."""
        if not self.is_whole or self.is_begun or self.is_asking:
            return False
        return self.answer is None

    @property
    def is_to_be_invited(self) -> bool:
        return self.awaits_continue and self.admission is not None and not self.is_whole

    def admit(self, admission: Admission) -> None:
        """Let the body come: as much of it as this sender may send."""
        self.is_asking = False
        self.admission = admission
        self.max_bytes = admission.max_bytes
        self._wire.admitted(self)

    def reply(self, answer: Answer) -> None:
        """Say this, unless something was said already."""
        self.is_asking = False
        if self.answer is None:
            self.answer = answer
            self._wire.release(self)
            self._wire.advance()
