"""One HTTP/1.1 connection, which responds to requests in the order of their arrival.

The client is not trusted: every wait has a timeout, everything in memory has a limit, and
ambiguous requests are refused.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from typing import TYPE_CHECKING

import structlog

from streams.base.request_errors import RequestRefused
from streams.serving import timeouts
from streams.serving.http_format import CONTINUE, encode, too_large, too_slow
from streams.serving.parser import RequestParser, StopReading
from streams.serving.request_context import RequestContext
from streams.serving.sockets import end_our_side, unread_bytes, untaken_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.serving.request_context import Response
    from streams.serving.server import Server

log = structlog.get_logger()


class HttpConnection(asyncio.BufferedProtocol):
    """A connection. It needs no task, timer or lock per request.

    The server calls `tick` every second, which enforces the timeouts.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._front = server.front
        self._bodies = server.bodies
        self._reader = RequestParser(self)
        self._transport: asyncio.Transport
        self.opening: asyncio.Task[None] | None = None  # until the connection is made
        self._has_asked = False
        self._unanswered: deque[RequestContext] = deque()  # the last can be incomplete
        self._deaf = False  # nothing more is read
        self._half_closed = False  # by the client
        self._choked = False  # the client doesn't read its responses
        self._untaken = 0  # unread bytes of them at the last check
        self._is_advancing = False
        self._until = time.monotonic() + timeouts.FIRST_BYTE_TIMEOUT_S

    @property
    def waiting(self) -> int:
        """The number of requests without a response."""
        return len(self._unanswered)

    @property
    def peer(self) -> str:
        """The client's address; empty for a Unix socket."""
        name = self._transport.get_extra_info("peername")
        return str(name[0]) if isinstance(name, tuple) else ""

    @property
    def is_encrypted(self) -> bool:
        return self._transport.get_extra_info("ssl_object") is not None

    # Called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - tells mypy
        self._transport = transport
        self.opening = None
        if self not in self._server.connections:
            transport.close()
        elif self._server.ends:  # accepted just before the listeners closed
            self.end()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._server.buffer  # shared, because it is parsed before the next read

    def buffer_updated(self, nbytes: int) -> None:
        if self._deaf:
            return
        try:
            self._reader.feed(self._server.buffer[:nbytes])
        except StopReading:
            self._deaf = True
        except RequestRefused as refused:
            if not self._deaf:  # otherwise it follows the last request
                self._refuse(refused)
        except Exception:  # a bug must affect only this connection
            log.exception("serving.connection_failed")
            self._answer(self._front.failure())
        self._regulate()

    def eof_received(self) -> bool:
        """Keep the connection (True) while responses are missing: the client can still read."""
        reading = self._reader.exchange
        if reading is not None and reading.answer is None:  # it stays incomplete
            self._bodies.release(self._unanswered.pop())
        self._half_closed = self._deaf = True
        self._until = math.inf
        return bool(self._unanswered)

    def connection_lost(self, exc: Exception | None) -> None:
        # Queued events are still written; only their response is lost.
        self._deaf = True
        self._reader.close()
        for exchange in self._unanswered:
            exchange.is_abandoned = True
            if not exchange.is_begun:
                self._bodies.release(exchange)
        self._unanswered.clear()
        self._server.connections.discard(self)

    def pause_writing(self) -> None:
        self._choked = True
        self._wait()
        self._regulate()

    def resume_writing(self) -> None:
        self._choked = False
        self._wait()
        self._regulate()

    # Called by the server

    def tick(self, now: float) -> None:
        """Enforce the timeouts of the client and of the front."""
        if self._unanswered and now >= self._unanswered[0].due_at:
            self._front.give_up(self._unanswered[0])
        if now < self._until or (self._choked and self._is_taking(now)):
            return
        if self._deaf or self._choked:
            self.abort()
        elif self._reader.exchange is None:
            if (
                not self._has_unread()
            ):  # otherwise this process is late, not the request
                self.abort()
        else:
            self._refuse(too_slow(self._front.body_timeout_s))

    def end(self) -> None:
        """Respond to all requests, including those still arriving; then close."""
        if not self._unanswered:
            call_s = timeouts.LAST_CALL_S if self._has_asked else timeouts.FIRST_CALL_S
            self._until = min(self._until, time.monotonic() + call_s)

    def abort(self) -> None:
        if self.opening is None:
            self._transport.abort()
        else:
            self.opening.cancel()  # the server closes the socket

    def idleness(self, now: float) -> tuple[int, float, bool] | None:
        """Return `patience.idleness`; None if it waits for a response or is new."""
        reading = self._reader.exchange
        if len(self._unanswered) > (reading is not None):
            return None
        rank = 2 if reading or self._choked else int(self._has_asked)
        return timeouts.idleness(rank, self._until, now, self._front.body_timeout_s)

    # Called by the reader

    def begin(self) -> RequestContext:
        if len(self._unanswered) >= timeouts.MAX_PIPELINED:
            raise StopReading
        exchange = RequestContext(self, self._front.max_bytes)
        self._unanswered.append(exchange)
        self._has_asked = True
        self._until = time.monotonic() + timeouts.HEAD_TIMEOUT_S
        return exchange

    def head_is_read(self, exchange: RequestContext) -> None:
        large = exchange.length is None or exchange.length > timeouts.CHECKED_BODY
        if not large and not exchange.awaits_continue:
            return  # the usual case: checked together with its body
        self._until = time.monotonic() + self._front.body_timeout_s
        self._front.open(exchange)
        if self._deaf:
            raise StopReading
        if exchange.is_asking:
            exchange.due_at = time.monotonic() + self._front.response_timeout_s
            self._until = math.inf

    def body_grows(self, exchange: RequestContext, count: int) -> None:
        self._bodies.grow(exchange, count)

    def is_read(self, exchange: RequestContext) -> None:
        self._until = math.inf
        self._deaf = exchange.is_last
        self.advance()

    # Called by an exchange

    def admitted(self, exchange: RequestContext) -> None:
        if exchange is self._reader.exchange:
            exchange.due_at = math.inf
            self._until = time.monotonic() + self._front.body_timeout_s
            size = max(exchange.length or 0, self._reader.body_bytes)
            try:
                if size > exchange.max_bytes:
                    raise too_large(exchange.max_bytes)
                if self._front.reserves_bodies:
                    self._bodies.reserve(exchange)
            except RequestRefused as refused:
                self._refuse(refused)
        self.advance()

    def release(self, exchange: RequestContext) -> None:
        self._bodies.release(exchange)

    def advance(self) -> None:
        """Write the next response, and start the next request.

        One at a time, so that events are numbered in the order in which they were sent.
        """
        if self._is_advancing:  # called again by an immediate response
            return
        self._is_advancing = True
        try:
            said = b"".join(self._answers())
        finally:
            self._is_advancing = False
        if said and not self._transport.is_closing():
            self._transport.write(said)
            if self._is_over:
                self._say_goodbye()
            elif not self._unanswered:
                self._wait()
        self._regulate()

    def _answers(self) -> Iterator[bytes]:
        unanswered = self._unanswered
        while unanswered:
            exchange = unanswered[0]
            if exchange.is_ready:
                exchange.is_begun = True
                exchange.due_at = time.monotonic() + self._front.response_timeout_s
                self._front.complete(exchange)
            elif exchange.is_to_be_invited and not self._deaf:
                exchange.awaits_continue = False
                yield CONTINUE
            if exchange.answer is None:
                return
            unanswered.popleft()
            if not exchange.is_whole:  # the rest of it is not read
                self._deaf = True
            yield encode(
                exchange.answer,
                exchange,
                keep_alive=not self._is_over,
            )

    # Responses and timeouts

    def _refuse(self, refused: RequestRefused) -> None:
        """Refuse the request that is being read, and stop reading."""
        reading = self._reader.exchange
        headers = {} if reading is None else reading.headers
        self._answer(self._front.refusal(refused, headers))

    def _answer(self, response: Response) -> None:
        exchange = self._reader.exchange
        if exchange is None:
            exchange = RequestContext(self, self._front.max_bytes)
            self._unanswered.append(exchange)
        self._deaf = True
        self._until = math.inf
        exchange.reply(response)

    @property
    def _is_over(self) -> bool:
        return not self._unanswered and (self._deaf or self._server.ends)

    def _wait(self) -> None:
        """Set the timeout for the client's next step."""
        if self._choked:
            self._untaken = untaken_bytes(self._transport)
            patience_s = timeouts.TAKE_TIMEOUT_S
        elif self._unanswered:
            reading = self._reader.exchange
            patience_s = self._front.body_timeout_s if reading else math.inf
        else:
            patience_s = timeouts.LINGER_S if self._deaf else timeouts.IDLE_TIMEOUT_S
        self._until = time.monotonic() + patience_s

    def _is_taking(self, now: float) -> bool:
        """Whether the client has read enough of its responses; if so, extend the timeout."""
        untaken = untaken_bytes(self._transport)
        if untaken + timeouts.TAKEN_BYTES > self._untaken:
            return False
        self._untaken = untaken
        self._until = now + timeouts.TAKE_TIMEOUT_S
        return True

    def _has_unread(self) -> bool:
        return self.opening is None and unread_bytes(self._transport) > 0

    def _say_goodbye(self) -> None:
        """Close our side only; closing both could discard the last response."""
        self._deaf = True
        if self._half_closed or not self._transport.can_write_eof():
            self._transport.close()
            return
        self._until = time.monotonic() + timeouts.LINGER_S
        end_our_side(self._transport)

    def _regulate(self) -> None:
        """Pause or resume reading, depending on the requests without a response."""
        reading = self._reader.exchange
        enough = len(self._unanswered) >= timeouts.PIPELINED
        enough = enough or (reading is not None and reading.is_asking)
        if self._choked or (enough and not self._deaf):
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()
