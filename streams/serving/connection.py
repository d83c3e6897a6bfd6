"""One HTTP/1.1 connection, which responds to requests in the order of their arrival.

Bytes go one way: the reader turns them into requests, the queue passes these to the
application and gets promises of responses, and the connection writes them. No part calls
an earlier one, except that a promise tells the connection that a response is there.
"""

from __future__ import annotations

import asyncio
import math
import time
from functools import partial
from typing import TYPE_CHECKING

import structlog

from streams.base.request_errors import RequestRefused
from streams.serving import timeouts
from streams.serving.application import BodyLimit
from streams.serving.http_format import CONTINUE, encode, too_slow
from streams.serving.request import Client, Request
from streams.serving.request_reader import RequestReader
from streams.serving.response_queue import ResponseQueue
from streams.serving.sockets import (
    client_of,
    end_our_side,
    unread_bytes,
    untaken_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.serving.application import Application, Response
    from streams.serving.body_budget import BodyBudget

log = structlog.get_logger()


class HttpConnection(asyncio.BufferedProtocol):
    """A connection. It needs no task, timer or lock per request.

    The client is not trusted: every wait has a timeout, everything in memory has a limit,
    and ambiguous requests are refused. The server calls `tick` every second, which enforces
    the timeouts.
    """

    def __init__(
        self,
        application: Application,
        budget: BodyBudget,
        buffer: memoryview,
        on_lost: Callable[[HttpConnection], None],
    ) -> None:
        """Create a connection that reads into `buffer`, which others may use as well."""
        self._application = application
        self._buffer = buffer
        self._on_lost = on_lost
        self._reader = RequestReader(application, budget)
        self._queue = ResponseQueue(application, budget)
        self._transport: asyncio.Transport
        self.opening: asyncio.Task[None] | None = None  # until the connection is made
        self._is_aborted = False
        self._ends = False  # the server is stopping
        self._has_received = False  # at least the start of a request
        self._has_stopped = False  # nothing more is read
        self._is_half_closed = False  # by the client
        self._is_stalled = False  # the client doesn't read its responses
        self._untaken = 0  # unread bytes of them at the last check
        self._times_out_at = time.monotonic() + timeouts.FIRST_BYTE_TIMEOUT_S

    @property
    def waiting(self) -> int:
        """The number of requests without a response, including the incomplete one."""
        return len(self._queue) + (self._reading is not None)

    @property
    def _reading(self) -> Request | None:
        """The incomplete request, whose rest is awaited."""
        return None if self._has_stopped else self._reader.request

    # Called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - tells mypy
        self._transport = transport
        self.opening = None
        self._reader.use_client(client_of(transport))
        if self._is_aborted:  # too late to cancel `opening`
            transport.close()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer  # shared, because it is parsed before the next read

    def buffer_updated(self, nbytes: int) -> None:
        if self._has_stopped:
            return
        try:
            self._receive(self._buffer[:nbytes])
        except RequestRefused as refused:
            self._refuse(refused)
        except Exception:  # a bug must affect only this connection
            log.exception("serving.connection_failed")
            self._respond_last(self._application.failure())
        self._advance()
        if self._queue.drop_after(timeouts.MAX_PIPELINED):
            self._stop_reading()
            self._wait()  # not for the incomplete request, which is no longer read
            self._regulate()

    def eof_received(self) -> bool:
        """Keep the connection (True) while responses are missing: the client can still read."""
        self._stop_reading()  # the incomplete request stays incomplete
        self._is_half_closed = True
        self._times_out_at = math.inf
        return self.waiting > 0

    def connection_lost(self, exc: Exception | None) -> None:
        # Queued events are still written; only their response is lost.
        self._has_stopped = True
        self._reader.close()
        self._queue.abandon()
        self._on_lost(self)

    def pause_writing(self) -> None:
        self._is_stalled = True
        self._wait()
        self._regulate()

    def resume_writing(self) -> None:
        self._is_stalled = False
        self._wait()
        self._regulate()

    # Called by the server

    def tick(self, now: float) -> None:
        """Enforce the timeouts of the client and of the application."""
        self._queue.tick(now)
        if now < self._times_out_at or (self._is_stalled and self._is_taking(now)):
            return
        if self._has_stopped or self._is_stalled:
            self.abort()
        elif self._reader.admission is not None:
            headers = self._reader.headers
            self._reader.admission.give_up(self._application.timed_out(headers))
        elif self._reader.request is not None:
            self._refuse(too_slow(self._application.body_timeout_s))
            self._advance()
        elif not self._has_unread():  # otherwise this process is late, not the request
            self.abort()

    def end(self) -> None:
        """Respond to all requests, including those still arriving; then close."""
        self._ends = True
        if not self.waiting:
            is_new = not self._has_received
            call_s = timeouts.FIRST_CALL_S if is_new else timeouts.LAST_CALL_S
            self._times_out_at = min(self._times_out_at, time.monotonic() + call_s)

    def abort(self) -> None:
        self._is_aborted = True
        if self.opening is None:
            self._transport.abort()
        else:
            self.opening.cancel()  # the server closes the socket

    def idleness(self, now: float) -> tuple[int, float, bool] | None:
        """Return `timeouts.idleness`; None if it waits for the application or is new."""
        if self._queue or self._reader.admission:
            return None
        is_reading = self._reader.request is not None
        rank = 2 if is_reading or self._is_stalled else int(self._has_received)
        body_timeout_s = self._application.body_timeout_s
        return timeouts.idleness(rank, self._times_out_at, now, body_timeout_s)

    # From bytes to requests

    def _receive(self, data: memoryview) -> None:
        """Queue the requests that are complete. Raises RequestRefused."""
        before = self._reader.request
        for request in self._reader.read(data):
            self._queue.add(request)
            self._has_received = True
            self._times_out_at = math.inf
            if request.closes:  # what follows it is not read
                self._stop_reading()
                return
        reading = self._reader.request
        if reading is None:
            return
        if reading is not before:
            self._has_received = True
            self._times_out_at = time.monotonic() + timeouts.HEAD_TIMEOUT_S
        if self._reader.must_ask():
            self._ask()

    def _ask(self) -> None:
        """Ask the application whether it admits the body of the incomplete request."""
        request = self._reader.request
        assert request is not None  # noqa: S101 - tells mypy
        self._times_out_at = time.monotonic() + self._application.response_timeout_s
        self._reader.admission = self._application.admit(request)
        self._reader.admission.when_resolved(partial(self._admitted, request))

    def _admitted(self, request: Request, admitted: BodyLimit | Response) -> None:
        if request is not self._reading:  # it was lost, or is complete already
            return
        if isinstance(admitted, BodyLimit):
            self._times_out_at = time.monotonic() + self._application.body_timeout_s
            try:
                self._reader.admit(admitted)
            except RequestRefused as refused:
                self._refuse(refused)
        else:
            self._respond_last(admitted)
        self._advance()

    def _refuse(self, refused: RequestRefused) -> None:
        headers = self._reader.headers
        self._respond_last(self._application.refusal(refused, headers))

    def _respond_last(self, response: Response) -> None:
        """Respond to the request that is being read, and stop reading."""
        self._stop_reading()
        self._times_out_at = math.inf
        self._queue.refuse(self._reader.request or Request(Client()), response)

    def _stop_reading(self) -> None:
        self._has_stopped = True
        self._reader.stop()

    # From responses to bytes

    def _advance(self, _response: Response | None = None) -> None:
        """Write the next responses, as far as the application has them."""
        parts = [
            encode(response, request, keep_alive=not self._is_over)
            for request, response in self._queue.take(self._advance)
        ]
        if self._reader.owes_continue and not self._queue:
            self._reader.owes_continue = False
            parts.append(CONTINUE)
        if parts and not self._transport.is_closing():
            self._transport.write(b"".join(parts))
            if self._is_over:
                self._end_our_side()
            elif not self.waiting:
                self._wait()
        self._regulate()

    @property
    def _is_over(self) -> bool:
        return (self._has_stopped or self._ends) and not self.waiting

    def _end_our_side(self) -> None:
        """Close our side only; closing both could discard the last response."""
        self._has_stopped = True
        if self._is_half_closed or not self._transport.can_write_eof():
            self._transport.close()
            return
        self._times_out_at = time.monotonic() + timeouts.LINGER_S
        end_our_side(self._transport)

    def _regulate(self) -> None:
        """Pause or resume reading, depending on the requests without a response."""
        enough = len(self._queue) >= timeouts.PIPELINED or self._reader.admission
        if self._is_stalled or (enough and not self._has_stopped):
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    # Timeouts

    def _wait(self) -> None:
        """Set the timeout for the client's next step."""
        if self._is_stalled:
            self._untaken = untaken_bytes(self._transport)
            patience_s = timeouts.TAKE_TIMEOUT_S
        elif self._reading is not None:
            patience_s = self._application.body_timeout_s
        elif self._queue:
            patience_s = math.inf
        else:
            is_lingering = self._has_stopped
            patience_s = timeouts.LINGER_S if is_lingering else timeouts.IDLE_TIMEOUT_S
        self._times_out_at = time.monotonic() + patience_s

    def _is_taking(self, now: float) -> bool:
        """Whether the client has read enough of its responses; if so, extend the timeout."""
        untaken = untaken_bytes(self._transport)
        if untaken + timeouts.TAKEN_BYTES > self._untaken:
            return False
        self._untaken = untaken
        self._times_out_at = now + timeouts.TAKE_TIMEOUT_S
        return True

    def _has_unread(self) -> bool:
        return self.opening is None and unread_bytes(self._transport) > 0
