"""The interface between the server and the application behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streams.base.request_errors import RequestRefused
    from streams.serving.request import Request


class Response(Protocol):
    """An application's response to a request."""

    def head(self, headers: Mapping[str, str]) -> bytes:
        """Return the status line and headers, except those that the connection adds.

        `headers` are the request's, with their names in lower case.
        """

    @property
    def body(self) -> bytes: ...

    @property
    def length(self) -> int | None:
        """The Content-Length, for the body that a GET would have; None for no header."""


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """The largest body, in bytes, that a request may have."""

    max_bytes: int
    is_known: bool = False  # the head has a known key


class Promise[T]:
    """A value that is set once, now or later. Only the event loop's thread sets and reads it.

    A thread that works on it may set `cancel`, and read the flags.

    Unlike asyncio.Future, it calls back at once, so that one turn of the loop sends the
    responses of a whole group.
    """

    __slots__ = ("_callback", "cancel", "is_abandoned", "is_given_up", "value")

    def __init__(self) -> None:
        self.value: T | None = None
        self.is_abandoned = False  # no one waits for it
        self.is_given_up = False  # another value was set in its place
        self.cancel: Callable[[], None] | None = None  # drops work that has not started
        self._callback: Callable[[T], None] | None = None

    @classmethod
    def of(cls, value: T) -> Promise[T]:
        """Return a promise whose value is there already."""
        promise = cls()
        promise.value = value
        return promise

    def resolve(self, value: T) -> None:
        """Set the value, unless there already is one."""
        if self.value is not None:
            return
        self.value = value
        if self._callback is not None:
            self._callback(value)

    def when_resolved(self, callback: Callable[[T], None]) -> None:
        """Call `callback` with the value; immediately if there already is one."""
        self._callback = callback
        if self.value is not None:
            callback(self.value)

    def give_up(self, value: T) -> None:
        """Set this value in place of the application's, and cancel its work if possible."""
        self.is_abandoned = self.is_given_up = True
        if self.cancel is not None:
            self.cancel()
        self.resolve(value)


class Application(Protocol):
    """The application behind a server. All but `close` is called in the server's loop.

    It knows requests and returns responses; it never sees a connection.
    """

    max_bytes: int  # limit for a body, unless `admit` changes it
    reserves_bodies: bool  # count a large body when it is announced, not as it arrives
    body_timeout_s: float
    response_timeout_s: float

    def admit(self, request: Request) -> Promise[BodyLimit | Response]:
        """Admit or refuse a request with a large body, after its head has arrived."""

    def respond(self, request: Request) -> Promise[Response]:
        """Respond to a complete request, now or later."""

    def refusal(self, refused: RequestRefused, headers: Mapping[str, str]) -> Response:
        """Return the response to a request that the server refuses.

        `headers` are those of the request that were read, with their names in lower case.
        """

    def timed_out(self, headers: Mapping[str, str]) -> Response:
        """Return the response to a request that waited for longer than the limit."""

    def failure(self) -> Response:
        """Return the response to a request if the server itself failed."""

    def close(self) -> None:
        """Finish all work. Called from another thread while the loop runs."""
