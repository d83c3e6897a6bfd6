"""One request on its way to its response: what the connection and the front share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

from streams.serving.request_id import proxys_request_id, request_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.base.refusals import RequestRefused


class Response(Protocol):
    """What a front says to a request."""

    def head(self, headers: Mapping[str, str]) -> bytes:
        """Status line and headers, but for those that are the connection's to say.

        In response to a request with these headers, their names in lower case.
        """

    @property
    def body(self) -> bytes: ...

    @property
    def length(self) -> int | None:
        """For Content-Length, of the body that a GET would have; None: there is none."""


class Front(Protocol):
    """The application behind a server. All but `close` is called in the server's loop."""

    max_bytes: int  # of a body, unless `open` says otherwise
    reserves_bodies: bool  # a large body counts as it is announced, not as it comes
    body_timeout_s: float
    response_timeout_s: float

    def open(self, exchange: Exchange) -> None:
        """The head is there, and much may follow: admit it, or refuse it."""

    def complete(self, exchange: Exchange) -> None:
        """All of the request is there: reply to it, now or later."""

    def give_up(self, exchange: Exchange) -> None:
        """Reply at once: its sender has waited long enough."""

    def refusal(self, refused: RequestRefused) -> Response:
        """The response to a request that no application sees."""

    def failure(self) -> Response:
        """The response where the server itself failed."""

    def close(self) -> None:
        """Finish what was begun; from another thread, while the loop runs."""


class Wire(Protocol):
    """The connection that a request came by; only the event loop's thread calls it."""

    @property
    def peer(self) -> str:
        """The address at the other end; empty for a Unix socket."""

    @property
    def is_encrypted(self) -> bool: ...

    def release(self, exchange: Exchange) -> None:
        """Count its body no more: it is stored, refused or in the writer's count."""

    def advance(self) -> None:
        """Write the answer that is due, and begin the next request."""

    def admitted(self, exchange: Exchange) -> None:
        """Go on reading the body, now that it is known how large it may be."""


class Exchange:
    """Not a dataclass: one is made for each request. Times are the monotonic clock's."""

    __slots__ = (
        "_request_id", "admission", "answer", "awaits_continue", "body", "counted_bytes", "due_at",
        "headers", "is_abandoned", "is_admitted", "is_asking", "is_begun", "is_counted", "is_known", "is_last", "is_whole", "job",
        "length", "max_bytes", "method", "path", "target", "wire",
    )  # fmt: skip

    def __init__(self, wire: Wire, max_bytes: int) -> None:
        self.wire = wire
        self._request_id = ""
        self.target = b""  # as sent, with its query
        self.method = ""
        self.path = ""
        self.headers: dict[str, str] = {}  # names in lower case
        self.length: int | None = 0  # as announced; None: in chunks
        self.awaits_continue = False  # the body comes once it is asked for
        self.body = b""
        self.counted_bytes = 0  # of its body, in the server's count
        self.is_counted = False  # the whole body was counted before it came
        self.is_known = False  # its headers name a sender that we know
        self.is_whole = False  # all of it is there
        self.is_last = False  # its sender wants the connection to end with the answer
        self.max_bytes = max_bytes
        self.is_asking = False  # the database, how large the body may be
        self.is_admitted = False
        self.admission: Any = None  # the front's own: whom it admitted
        self.is_begun = False
        self.job: Any = None  # the front's own: what it does for this request
        self.is_abandoned = False  # its sender is gone
        self.due_at = math.inf  # when its sender has waited for an answer long enough
        self.answer: Response | None = None

    @property
    def is_ready(self) -> bool:
        """All is there that an answer needs, but the answer itself."""
        if not self.is_whole or self.is_begun or self.is_asking:
            return False
        return self.answer is None

    @property
    def is_to_be_invited(self) -> bool:
        return self.awaits_continue and self.is_admitted and not self.is_whole

    @property
    def request_id(self) -> str:
        """The proxy's X-Request-Id, or one of our own."""
        if not self._request_id:
            self._request_id = request_id(self.headers.get("x-request-id", ""))
        return self._request_id

    @property
    def proxys_request_id(self) -> str:
        """The proxy's X-Request-Id; empty: there was none."""
        return proxys_request_id(self.headers.get("x-request-id", ""))

    def admit(
        self, max_bytes: int, admission: object = None, *, is_known: bool = False
    ) -> None:
        """Let the body come: as much of it as this sender may send."""
        self.is_asking = False
        self.is_admitted = True
        self.is_known = is_known
        self.admission = admission
        self.max_bytes = max_bytes
        self.wire.admitted(self)

    def reply(self, answer: Response) -> None:
        """Say this, unless something was said already."""
        self.is_asking = False
        if self.answer is None:
            self.answer = answer
            self.wire.release(self)
            self.wire.advance()
