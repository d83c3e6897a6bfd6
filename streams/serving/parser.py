"""Parses requests from arbitrary bytes, within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import httptools

from streams.serving.http_format import (
    MAX_HEAD_BYTES,
    MAX_TARGET_BYTES,
    add_header,
    bad_http,
    body_length,
    head_too_large,
    read_path,
    target_too_long,
    too_large,
    wants_continue,
)

if TYPE_CHECKING:
    from streams.serving.request_context import RequestContext

# Bytes of framing allowed per byte of body; a body in chunks of one byte needs five.
FRAMING = 8


class StopReading(Exception):
    """Raised by the sink to stop reading."""


class RequestSink(Protocol):
    """Receives the requests. Its methods can raise Stop and RequestRefused."""

    def begin(self) -> RequestContext:
        """Create the exchange for a new request."""

    def head_is_read(self, exchange: RequestContext) -> None: ...

    def body_grows(self, exchange: RequestContext, count: int) -> None:
        """Handle the arrival of `count` bytes of the body."""

    def is_read(self, exchange: RequestContext) -> None:
        """Handle a complete request."""


class RequestParser:
    """The parser of one connection, with the state of an incomplete request."""

    def __init__(self, sink: RequestSink) -> None:
        self._sink = sink
        self._parser: Any = httptools.HttpRequestParser(self)
        self.exchange: RequestContext | None = None  # the request that is being read
        self.body_bytes = 0  # of it
        self._chunks: list[bytes] = []
        self._target = b""
        self._in_head = False
        self._head_bytes = 0
        self._read_bytes = 0  # without those in the same read as its first byte
        self._once_more = False

    def feed(self, data: memoryview | bytes) -> None:
        """Parse data. After it raises RequestRefused or Stop, feed no more."""
        framing = self._read_bytes - FRAMING * self.body_bytes
        if self.exchange is not None and framing > MAX_HEAD_BYTES:
            raise head_too_large()
        self._read_bytes += len(data)
        while data:
            data = self._parse(data)

    def close(self) -> None:
        """Break the reference cycle with the parser."""
        self._parser = self.exchange = None

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
        exchange = self._current
        if exchange.method == "CONNECT":
            raise bad_http("This server is not a proxy.")
        lines = [f"{exchange.method} ".encode() + self._target + b" HTTP/1.1"]
        for name, value in exchange.headers.items():
            if name not in {"connection", "upgrade"}:
                lines.append(f"{name}: {value}".encode("latin-1"))
        exchange.headers = {}
        self._once_more = True
        self._parser = httptools.HttpRequestParser(self)
        return b"\r\n".join([*lines, b"", rest])

    @property
    def _current(self) -> RequestContext:
        assert self.exchange is not None  # noqa: S101 - between its begin and its end
        return self.exchange

    # Called by the parser

    def on_message_begin(self) -> None:
        if not self._once_more:
            self.exchange = self._sink.begin()
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
        exchange = self._current
        self._in_head = False
        exchange.method = self._parser.get_method().decode("ascii")
        if self._parser.should_upgrade():
            return
        headers = exchange.headers
        if "host" not in headers and self._parser.get_http_version() != "1.0":
            raise bad_http("The request has no Host header.")
        exchange.target = self._target
        exchange.path = read_path(self._target)
        exchange.length = body_length(headers)
        exchange.awaits_continue = wants_continue(headers)
        self._sink.head_is_read(exchange)

    def on_body(self, body: bytes) -> None:
        exchange = self._current
        self.body_bytes += len(body)
        if self.body_bytes > exchange.max_bytes and not exchange.is_asking:
            raise too_large(exchange.max_bytes)
        self._sink.body_grows(exchange, len(body))
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        if self._parser.should_upgrade():
            return
        exchange, chunks = self._current, self._chunks
        self.exchange = None
        exchange.body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        exchange.is_last = not self._parser.should_keep_alive()
        exchange.is_whole = True
        self._sink.is_read(exchange)
