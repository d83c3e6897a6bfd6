"""One HTTP/1.1 connection, which responds to complete requests in order."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote

import httptools

from streams.sandbox.faults.playback import play
from streams.sandbox.faults.running_script import NORMAL
from streams.sandbox.faults.scripts import ScriptedResponse
from streams.sandbox.http.request import Request
from streams.sandbox.http.responses import Response, failure

# Larger than any accepted body, so that a truncated body is refused for its size.
KEPT_BODY_BYTES = 1024 * 1024

logger = logging.getLogger(__name__)


Application = Callable[[Request], tuple[ScriptedResponse, Response]]


class Connection(asyncio.Protocol):
    """A connection. It reads nothing while a scripted response is being sent."""

    def __init__(self, application: Application, open_connections: set[Connection]):
        self._application = application
        self._open_connections = open_connections
        self._parser: Any = httptools.HttpRequestParser(self)
        self._waiting: deque[Request] = deque()
        self._playing: asyncio.Task[None] | None = None
        self._request = Request()
        self._target = b""
        self._body = bytearray()
        self.transport: asyncio.Transport

    # Called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - tells mypy
        self.transport = transport
        self._open_connections.add(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError:  # a bug in the sandbox
            logger.exception("sandbox.connection.failed")
            self.transport.abort()
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._send(failure(400, "This is not HTTP/1.1."), keep_alive=False)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open_connections.discard(self)
        if self._playing is not None:
            self._playing.cancel()

    # Called by the parser

    def on_message_begin(self) -> None:
        self._request = Request()
        self._target = b""
        self._body = bytearray()

    def on_url(self, target: bytes) -> None:
        self._target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        self._request.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        if self._request.headers.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        if len(self._body) <= KEPT_BODY_BYTES:
            self._body += body

    def on_message_complete(self) -> None:
        request = self._request
        request.arrived_ns = time.monotonic_ns()
        request.received_at = time.time()
        request.peer = self._address("peername")
        request.local_address = self._address("sockname")
        request.method = self._parser.get_method().decode("ascii")
        request.keep_alive = self._parser.should_keep_alive()
        request.body = bytes(self._body)
        path, _, query = self._target.decode("latin-1").partition("?")
        request.path = unquote(path)
        request.query = {name: values[-1] for name, values in parse_qs(query).items()}
        self._waiting.append(request)
        self._respond_next()

    def _address(self, which: str) -> str:
        address = self.transport.get_extra_info(which)
        return str(address[0]) if address else ""

    # Responses

    def _respond_next(self) -> None:
        while self._waiting and self._playing is None:
            request = self._waiting.popleft()
            scripted, response = self._response_to(request)
            if scripted is NORMAL:
                self._send(response, keep_alive=request.keep_alive)
            else:
                self._play(scripted, response, keep_alive=request.keep_alive)

    def _response_to(self, request: Request) -> tuple[ScriptedResponse, Response]:
        try:
            return self._application(request)
        except Exception:  # a bug must not stop the server
            logger.exception("sandbox.request.failed")
            return NORMAL, failure(500, "The sandbox failed. See its log.")

    def _send(self, response: Response, *, keep_alive: bool) -> None:
        self.transport.write(response.encoded(keep_alive=keep_alive))
        if not keep_alive:
            self.transport.close()

    def _play(
        self, scripted: ScriptedResponse, response: Response, *, keep_alive: bool
    ) -> None:
        self.transport.pause_reading()
        self._playing = asyncio.get_running_loop().create_task(
            play(scripted, response, self.transport, keep_alive=keep_alive)
        )
        self._playing.add_done_callback(self._played)

    def _played(self, playing: asyncio.Task[None]) -> None:
        self._playing = None
        if not playing.cancelled() and not self.transport.is_closing():
            self.transport.resume_reading()
            self._respond_next()
