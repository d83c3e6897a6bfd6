"""A WSGI application behind our server, with complete requests and responses.

A request occupies a thread only while the application works on it. Requests that arrive
slowly, and responses that are read slowly, wait in the loop.
"""

from __future__ import annotations

import asyncio
import io
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import structlog

from streams.serving.application import BodyLimit, Promise
from streams.serving.http_format import encode_head, has_body
from streams.serving.threads import Threads

if TYPE_CHECKING:
    from streams.base.request_errors import RequestRefused
    from streams.serving.application import Response
    from streams.serving.request import Request

log = structlog.get_logger()

WsgiCallable = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

MAX_CONNECTIONS = 1_000  # per process; beyond it, the longest idle are closed
MAX_BODY_BYTES = 6_000_000  # a form with a file, or a partner's batch
MAX_WAITING = 256  # requests without a thread; more of them get a 503
# Headers that the server writes itself, or that are about the connection.
_OF_CONNECTION = frozenset(
    {"connection", "content-length", "date", "keep-alive", "transfer-encoding"}
)


# Headers of the server's own responses. Plain text has its type, so that browsers show it
# as text.
_PLAIN = "text/plain; charset=utf-8"
_HTML = "text/html; charset=utf-8"
_SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self';"
    " frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class WsgiResponse:
    """An application's response, or one of the server itself."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    length: int | None

    def head(self, headers: Mapping[str, str]) -> bytes:
        return encode_head(self.status, self.headers)


class WsgiApplication:
    """Runs a WSGI application in threads. Created in the server's loop, which alone calls it."""

    max_bytes = MAX_BODY_BYTES
    # Count bytes as they arrive: the user is unknown until the session is read, and a
    # client that announces much and sends little must not block others.
    reserves_bodies = False
    body_timeout_s = 60.0  # enough for an upload from a phone
    response_timeout_s = 60.0

    def __init__(
        self,
        application: WsgiCallable,
        *,
        threads: int,
        pages: Mapping[int, bytes] | None = None,
    ) -> None:
        """`pages` has HTML for browsers, by status. Other responses are plain text."""
        self._loop = asyncio.get_running_loop()
        self._application = application
        self._pages = pages or {}
        self._threads = Threads(threads)
        self._waiting = 0

    def close(self) -> None:
        """Finish all work. Called from another thread while the loop runs."""
        self._threads.close()

    def admit(self, request: Request) -> Promise[BodyLimit | Response]:
        """Accept the body; the application decides about the request."""
        return Promise.of(BodyLimit(self.max_bytes))

    def respond(self, request: Request) -> Promise[Response]:
        """Return the application's response, from a thread."""
        if request.path == "/healthz":
            # Not from a thread: busy threads are no reason to restart this process.
            return Promise.of(_sentence(200, "alive"))
        if self._waiting >= MAX_WAITING:
            return Promise.of(self._busy(request.headers))
        self._waiting += 1
        promise: Promise[Response] = Promise()
        self._threads.submit(partial(self._run, request, promise))
        return promise

    def refusal(
        self, refused: RequestRefused, headers: Mapping[str, str]
    ) -> WsgiResponse:
        text = refused.message
        if refused.status == 413:  # the refusal's `fix` is about events
            text += " No changes were saved. Go back and choose a smaller file."
        return self._say(refused.status, text, headers, refused.headers)

    def timed_out(self, headers: Mapping[str, str]) -> WsgiResponse:
        return self._busy(headers)

    def failure(self) -> WsgiResponse:
        return _sentence(500, "The portal could not process this request.")

    def _busy(self, headers: Mapping[str, str]) -> WsgiResponse:
        text = "The portal is busy. Try again in a few seconds."
        more = {"Retry-After": "5", "Cache-Control": "no-store"}
        return self._say(503, text, headers, more)

    def _say(
        self,
        status: int,
        text: str,
        headers: Mapping[str, str],
        more: Mapping[str, str],
    ) -> WsgiResponse:
        """Respond with the page for a status, or a sentence if the client is a program.

        `headers` are the request's, and `more` are the response's own.
        """
        page = self._pages.get(status)
        if page is None or "text/html" not in headers.get("accept", ""):
            return _sentence(status, text, more)
        return _own(status, _HTML, page, more)

    # In a thread

    def _run(self, request: Request, promise: Promise[Response]) -> None:
        if promise.is_abandoned:
            response = self.failure()  # no one reads it, and no work has started
        else:
            try:
                with structlog.contextvars.bound_contextvars(
                    request_id=request.request_id
                ):
                    response = call(self._application, environ(request))
            except Exception:  # a bug must affect only this request
                log.exception("web.request_failed", request_id=request.request_id)
                response = self.failure()
        self._loop.call_soon_threadsafe(self._done, promise, response)

    def _done(self, promise: Promise[Response], response: WsgiResponse) -> None:
        self._waiting -= 1
        promise.resolve(response)


# The origin in http://host/path, like to a proxy. The host is not validated.
_ORIGIN = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def _without_origin(target: bytes) -> bytes:
    origin = _ORIGIN.match(target)
    return target[origin.end() :] if origin else target


def environ(request: Request) -> dict[str, Any]:
    """Return the WSGI environment of a request (PEP 3333)."""
    target = _without_origin(request.target)
    path, _, query = target.partition(b"?")
    return {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path or b"/").decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "RAW_URI": target.decode("latin-1"),
        **_server(request.headers.get("host", "")),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.client.address,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        **_header_variables(request),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https" if request.client.is_encrypted else "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def _server(host: str) -> dict[str, str]:
    name, colon, port = host.rpartition(":")
    if colon and port.isdecimal():
        return {"SERVER_NAME": name, "SERVER_PORT": port}
    return {"SERVER_NAME": host or "localhost", "SERVER_PORT": "80"}


def _header_variables(request: Request) -> dict[str, str]:
    named = {
        "HTTP_" + name.upper().replace("-", "_"): value
        for name, value in request.headers.items()
        # In WSGI, x_forwarded_proto would look like the header that a proxy sets.
        if "_" not in name and name not in {"content-type", "content-length"}
    }
    return named | {"HTTP_X_REQUEST_ID": request.request_id}


def call(application: WsgiCallable, environ: dict[str, Any]) -> WsgiResponse:
    """Call the application and return its complete response. Raises its exceptions."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], object]:
        begun.append((status, headers))  # after an error, the last one counts
        return written.append

    chunks = application(environ, start_response)
    try:
        body = b"".join([*written, *chunks])
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    status, headers = begun[-1]
    return _response(int(status[:3]), headers, body)


def _response(status: int, headers: list[tuple[str, str]], body: bytes) -> WsgiResponse:
    kept = [(name, value) for name, value in headers if name.lower() not in _OF_CONNECTION]  # fmt: skip
    length: int | None = None
    if has_body(status):
        # For a HEAD, the application can announce the body of a GET and send none.
        announced = {name.lower(): value for name, value in headers}.get("content-length")  # fmt: skip
        length = int(announced) if announced and not body else len(body)
    return WsgiResponse(status, kept, body, length)


def _sentence(
    status: int, text: str, headers: Mapping[str, str] | None = None
) -> WsgiResponse:
    return _own(status, _PLAIN, f"{text}\n".encode(), headers or {})


def _own(
    status: int, content_type: str, body: bytes, headers: Mapping[str, str]
) -> WsgiResponse:
    own = {"Content-Type": content_type, **_SECURITY_HEADERS, **headers}
    return WsgiResponse(status, list(own.items()), body, len(body))
