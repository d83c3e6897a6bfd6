"""One request and its response, shared by the connection and the application."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

from streams.serving.request_id import proxys_request_id, request_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.base.request_errors import RequestRefused


class Response(Protocol):
    """A front's response to a request."""

    def head(self, headers: Mapping[str, str]) -> bytes:
        """Return the status line and headers, except those that the connection adds.

        `headers` are the request's, with their names in lower case.
        """

    @property
    def body(self) -> bytes: ...

    @property
    def length(self) -> int | None:
        """The Content-Length, for the body that a GET would have; None for no header."""


class Application(Protocol):
    """The application behind a server. All but `close` is called in the server's loop."""

    max_bytes: int  # limit for a body, unless `open` changes it
    reserves_bodies: bool  # count a large body when it is announced, not as it arrives
    body_timeout_s: float
    response_timeout_s: float

    def open(self, exchange: RequestContext) -> None:
        """Admit or refuse a request with a large body, after its head has arrived."""

    def complete(self, exchange: RequestContext) -> None:
        """Reply to a complete request, now or later."""

    def give_up(self, exchange: RequestContext) -> None:
        """Reply immediately to a sender that has waited too long."""

    def refusal(self, refused: RequestRefused, headers: Mapping[str, str]) -> Response:
        """Return the response to a request that the server refuses.

        `headers` are those of the request that were read, with their names in lower case.
        """

    def failure(self) -> Response:
        """Return the response to a request if the server itself failed."""

    def close(self) -> None:
        """Finish all work. Called from another thread while the loop runs."""


class Wire(Protocol):
    """The connection of a request. Only the event loop's thread calls it."""

    @property
    def peer(self) -> str:
        """The address at the other end; empty for a Unix socket."""

    @property
    def is_encrypted(self) -> bool: ...

    def release(self, exchange: RequestContext) -> None:
        """Stop counting its body, which is stored, refused or handed to the writer."""

    def advance(self) -> None:
        """Write the next response, and start the next request."""

    def admitted(self, exchange: RequestContext) -> None:
        """Continue reading the body, whose limit is now known."""


class RequestContext:
    """A request and its response. Times are monotonic.

    Not a dataclass, because one is created for each request.
    """

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
        self.length: int | None = 0  # as announced; None: chunked
        self.awaits_continue = False  # the sender waits for 100 Continue
        self.body = b""
        self.counted_bytes = 0  # of its body, in the server's count
        self.is_counted = False  # the whole body was counted before it arrived
        self.is_known = False  # its headers have a known key
        self.is_whole = False  # all of it has arrived
        self.is_last = False  # the connection closes after its response
        self.max_bytes = max_bytes
        self.is_asking = False  # the limit for the body is being looked up
        self.is_admitted = False
        self.admission: Any = None  # used by the front only
        self.is_begun = False
        self.job: Any = None  # used by the front only
        self.is_abandoned = False  # its sender has disconnected
        self.due_at = math.inf  # when the front has to give up
        self.answer: Response | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the front can start to work on the response."""
        if not self.is_whole or self.is_begun or self.is_asking:
            return False
        return self.answer is None

    @property
    def is_to_be_invited(self) -> bool:
        return self.awaits_continue and self.is_admitted and not self.is_whole

    @property
    def request_id(self) -> str:
        """The proxy's X-Request-Id, or a generated one."""
        if not self._request_id:
            self._request_id = request_id(self.headers.get("x-request-id", ""))
        return self._request_id

    @property
    def proxys_request_id(self) -> str:
        """The proxy's X-Request-Id, or an empty string."""
        return proxys_request_id(self.headers.get("x-request-id", ""))

    def admit(
        self, max_bytes: int, admission: object = None, *, is_known: bool = False
    ) -> None:
        """Accept a body of up to `max_bytes`."""
        self.is_asking = False
        self.is_admitted = True
        self.is_known = is_known
        self.admission = admission
        self.max_bytes = max_bytes
        self.wire.admitted(self)

    def reply(self, answer: Response) -> None:
        """Set the response, unless there already is one."""
        self.is_asking = False
        if self.answer is None:
            self.answer = answer
            self.wire.release(self)
            self.wire.advance()
