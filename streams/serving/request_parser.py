"""Parses requests from arbitrary bytes, within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httptools

from streams.base.request_errors import RequestRefused
from streams.serving.http_format import (
    MAX_HEAD_BYTES,
    MAX_TARGET_BYTES,
    add_header,
    bad_http,
    body_length,
    head_too_large,
    read_path,
    target_too_long,
    wants_continue,
)
from streams.serving.request import Client, Request

if TYPE_CHECKING:
    from collections.abc import Sequence

# Bytes of framing allowed per byte of body; a body in chunks of one byte needs five.
FRAMING = 8


class RequestParser:
    """The parser of one connection, with the state of an incomplete request."""

    def __init__(self) -> None:
        self.client = Client()
        self.request: Request | None = None  # the incomplete one
        self.body_bytes = 0  # received of it
        self.error: RequestRefused | None = None
        self._parser: Any = httptools.HttpRequestParser(self)
        self._complete: list[Request] = []
        self._chunks: list[bytes] = []
        self._target = b""
        self._in_head = False
        self._head_bytes = 0
        self._read_bytes = 0  # without those in the same read as its first byte
        self._once_more = False

    def feed(self, data: memoryview | bytes) -> Sequence[Request]:
        """Parse data, and return the requests that it completes.

        If what follows them is not acceptable, `error` says why; then feed no more.
        """
        self._complete = []
        try:
            self._check_framing(len(data))
            while data:
                data = self._parse(data)
        except RequestRefused as error:
            self.error = error
        return self._complete

    def close(self) -> None:
        """Break the reference cycle with httptools' parser."""
        self._parser = self.request = None
        self._chunks = []

    def _check_framing(self, coming: int) -> None:
        framing = self._read_bytes - FRAMING * self.body_bytes
        if self.request is not None and framing > MAX_HEAD_BYTES:
            raise head_too_large()
        self._read_bytes += coming

    def _parse(self, data: memoryview | bytes) -> bytes:
        """Parse data. Returns the part to parse again, which is usually empty."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return self._without_upgrade(bytes(data[upgrade.args[0] :]))
        except httptools.HttpParserCallbackError as error:
            raise (error.__context__ or error) from None
        except httptools.HttpParserError:
            raise bad_http("This is not HTTP/1.1.") from None
        return b""

    def _without_upgrade(self, rest: bytes) -> bytes:
        """Ignore a request to upgrade the protocol (RFC 9110, 7.8), but not the request.

        Java's client asks for HTTP/2 in the first request of each connection. After such a
        head, the parser reads no body, so it gets the head again without the upgrade.
        """
        request = self._current
        if request.method == "CONNECT":
            raise bad_http("This server is not a proxy.")
        lines = [f"{request.method} ".encode() + self._target + b" HTTP/1.1"]
        for name, value in request.headers.items():
            if name not in {"connection", "upgrade"}:
                lines.append(f"{name}: {value}".encode("latin-1"))
        request.headers = {}
        self._once_more = True
        self._parser = httptools.HttpRequestParser(self)
        return b"\r\n".join([*lines, b"", rest])

    @property
    def _current(self) -> Request:
        assert self.request is not None  # noqa: S101 - between its begin and its end
        return self.request

    # Called by httptools

    def on_message_begin(self) -> None:
        if not self._once_more:
            self.request = Request(self.client)
        self._once_more = False
        self._in_head = True
        self._target = b""
        self._chunks = []
        self.body_bytes = self._head_bytes = self._read_bytes = 0

    def on_url(self, target: bytes) -> None:
        self._target += target
        if len(self._target) > MAX_TARGET_BYTES:
            raise target_too_long()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > MAX_HEAD_BYTES:
            raise head_too_large()
        if self._in_head:  # ignore trailers after a chunked body
            add_header(self._current.headers, name, value)

    def on_headers_complete(self) -> None:
        request = self._current
        self._in_head = False
        request.method = self._parser.get_method().decode("ascii")
        if self._parser.should_upgrade():
            return
        headers = request.headers
        if "host" not in headers and self._parser.get_http_version() != "1.0":
            raise bad_http("The request has no Host header.")
        request.target = self._target
        request.path = read_path(self._target)
        request.length = body_length(headers)
        request.expects_continue = wants_continue(headers)
        request.has_head = True

    def on_body(self, body: bytes) -> None:
        self.body_bytes += len(body)
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        if self._parser.should_upgrade():
            return
        request, chunks = self._current, self._chunks
        self.request = None
        request.body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        request.closes = not self._parser.should_keep_alive()
        self._complete.append(request)
