"""The interface between the server and the application behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.base.request_errors import RequestRefused
    from streams.serving.promise import Promise
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
