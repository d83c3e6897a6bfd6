"""One HTTP/1.1 connection: takes requests, answers them in the order in which they came.

Whoever is at the other end is not trusted: every wait has an end, everything that is
kept has a bound, and what could be understood in two ways is refused.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from typing import TYPE_CHECKING

import structlog

from streams.base.refusals import RequestRefused
from streams.serving import patience
from streams.serving.exchange import Exchange
from streams.serving.reader import Reader, Stop
from streams.serving.sockets import end_our_side, unread_bytes, untaken_bytes
from streams.serving.wire import CONTINUE, encode, too_large, too_slow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.serving.exchange import Response
    from streams.serving.server import Server

log = structlog.get_logger()


class HttpConnection(asyncio.BufferedProtocol):
    """No task, no timer and no lock: a request costs what its bytes do.

    Every second the server calls `tick`, which cuts off whoever took too long.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._front = server.front
        self._bodies = server.bodies
        self._reader = Reader(self)
        self._transport: asyncio.Transport
        self.opening: asyncio.Task[None] | None = None  # until the connection is made
        self._has_asked = False
        self._unanswered: deque[Exchange] = deque()  # the last may not be whole
        self._deaf = False  # no more is read
        self._half_closed = False  # by the other side
        self._choked = False  # the other side does not take its answers
        self._untaken = 0  # bytes of them, when that was last asked
        self._is_advancing = False
        self._until = time.monotonic() + patience.FIRST_BYTE_TIMEOUT_S

    @property
    def waiting(self) -> int:
        """How many requests have no answer yet."""
        return len(self._unanswered)

    @property
    def peer(self) -> str:
        """The address at the other end; empty for a Unix socket."""
        name = self._transport.get_extra_info("peername")
        return str(name[0]) if isinstance(name, tuple) else ""

    @property
    def is_encrypted(self) -> bool:
        return self._transport.get_extra_info("ssl_object") is not None

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - tells mypy
        self._transport = transport
        self.opening = None
        if self not in self._server.connections:
            transport.close()
        elif self._server.ends:  # accepted just before the listeners closed
            self.end()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._server.buffer  # all share it: it is read before the next is asked

    def buffer_updated(self, nbytes: int) -> None:
        if self._deaf:
            return
        try:
            self._reader.feed(self._server.buffer[:nbytes])
        except Stop:
            self._deaf = True
        except RequestRefused as refused:
            if not self._deaf:  # else it stands behind the last that was asked
                self._refuse(refused)
        except Exception:  # a fault of ours costs one connection
            log.exception("serving.connection_failed")
            self._answer(self._front.failure())
        self._regulate()

    def eof_received(self) -> bool:
        """Who has sent everything may still read: True keeps the connection for that."""
        reading = self._reader.exchange
        if reading is not None and reading.answer is None:  # its rest will not come
            self._bodies.release(self._unanswered.pop())
        self._half_closed = self._deaf = True
        self._until = math.inf
        return bool(self._unanswered)

    def connection_lost(self, exc: Exception | None) -> None:
        # What was handed over is written even so; only its answer has nowhere to go.
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

    # What the server calls

    def tick(self, now: float) -> None:
        """Cut off whoever took too long; answer whoever has waited long enough."""
        if self._unanswered and now >= self._unanswered[0].due_at:
            self._front.give_up(self._unanswered[0])
        if now < self._until or (self._choked and self._is_taking(now)):
            return
        if self._deaf or self._choked:
            self.abort()
        elif self._reader.exchange is None:
            if not self._has_unread():  # else this process was late, not the request
                self.abort()
        else:
            self._refuse(too_slow(self._front.body_timeout_s))

    def end(self) -> None:
        """Answer what was asked, and what is under way to us; then close."""
        if not self._unanswered:
            call_s = patience.LAST_CALL_S if self._has_asked else patience.FIRST_CALL_S
            self._until = min(self._until, time.monotonic() + call_s)

    def abort(self) -> None:
        if self.opening is None:
            self._transport.abort()
        else:
            self.opening.cancel()  # the server closes what there is of it

    def idleness(self, now: float) -> tuple[int, float, bool] | None:
        """For `patience.idleness`; None: it waits for us, or is new."""
        reading = self._reader.exchange
        if len(self._unanswered) > (reading is not None):
            return None
        rank = 2 if reading or self._choked else int(self._has_asked)
        return patience.idleness(rank, self._until, now, self._front.body_timeout_s)

    # What the reader calls

    def begin(self) -> Exchange:
        if len(self._unanswered) >= patience.MAX_PIPELINED:
            raise Stop
        exchange = Exchange(self, self._front.max_bytes)
        self._unanswered.append(exchange)
        self._has_asked = True
        self._until = time.monotonic() + patience.HEAD_TIMEOUT_S
        return exchange

    def head_is_read(self, exchange: Exchange) -> None:
        large = exchange.length is None or exchange.length > patience.CHECKED_BODY
        if not large and not exchange.awaits_continue:
            return  # the usual case: asked about together with its body
        self._until = time.monotonic() + self._front.body_timeout_s
        self._front.open(exchange)
        if self._deaf:
            raise Stop
        if exchange.is_asking:
            exchange.due_at = time.monotonic() + self._front.response_timeout_s
            self._until = math.inf

    def body_grows(self, exchange: Exchange, count: int) -> None:
        self._bodies.grow(exchange, count)

    def is_read(self, exchange: Exchange) -> None:
        self._until = math.inf
        self._deaf = exchange.is_last
        self.advance()

    # What an exchange calls

    def admitted(self, exchange: Exchange) -> None:
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

    def release(self, exchange: Exchange) -> None:
        self._bodies.release(exchange)

    def advance(self) -> None:
        """Write the answer that is due, and begin the next request.

        One at a time: what a sender sends in a row is to be numbered in that order.
        """
        if self._is_advancing:  # by an answer that was there at once
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
            if not exchange.is_whole:  # what is left of it is not worth reading
                self._deaf = True
            yield encode(
                exchange.answer,
                exchange,
                keep_alive=not self._is_over,
            )

    # How it goes on

    def _refuse(self, refused: RequestRefused) -> None:
        """Answer the request that is being read with this, and read no more."""
        self._answer(self._front.refusal(refused))

    def _answer(self, response: Response) -> None:
        exchange = self._reader.exchange
        if exchange is None:
            exchange = Exchange(self, self._front.max_bytes)
            self._unanswered.append(exchange)
        self._deaf = True
        self._until = math.inf
        exchange.reply(response)

    @property
    def _is_over(self) -> bool:
        return not self._unanswered and (self._deaf or self._server.ends)

    def _wait(self) -> None:
        """Give the other side time for what it has to do next."""
        if self._choked:
            self._untaken = untaken_bytes(self._transport)
            patience_s = patience.TAKE_TIMEOUT_S
        elif self._unanswered:
            reading = self._reader.exchange
            patience_s = self._front.body_timeout_s if reading else math.inf
        else:
            patience_s = patience.LINGER_S if self._deaf else patience.IDLE_TIMEOUT_S
        self._until = time.monotonic() + patience_s

    def _is_taking(self, now: float) -> bool:
        """Whether enough was taken of what lies ready; then it has time for more."""
        untaken = untaken_bytes(self._transport)
        if untaken + patience.TAKEN_BYTES > self._untaken:
            return False
        self._untaken = untaken
        self._until = now + patience.TAKE_TIMEOUT_S
        return True

    def _has_unread(self) -> bool:
        return self.opening is None and unread_bytes(self._transport) > 0

    def _say_goodbye(self) -> None:
        """End our side; closing both at once could take the last answer with it."""
        self._deaf = True
        if self._half_closed or not self._transport.can_write_eof():
            self._transport.close()
            return
        self._until = time.monotonic() + patience.LINGER_S
        end_our_side(self._transport)

    def _regulate(self) -> None:
        """Read on, unless what was read has to be dealt with first."""
        reading = self._reader.exchange
        enough = len(self._unanswered) >= patience.PIPELINED
        enough = enough or (reading is not None and reading.is_asking)
        if self._choked or (enough and not self._deaf):
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()
