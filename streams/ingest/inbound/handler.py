"""Requests from Segment in an ingest process: read in one thread, written in another.

The event loop only hands them over, so they never block requests of the tool.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import structlog

from streams.base.clock import now
from streams.base.database.session import DATABASE_DOWN
from streams.base.request_errors import RequestRefused
from streams.identity.inbound.receive import UnknownAddress
from streams.identity.inbound.refusals import request_refusal
from streams.ingest.commit.database_errors import not_stored
from streams.ingest.commit.group_commit import WriterBusy
from streams.ingest.http.responses import IngestResponse, busy, failed, refusal
from streams.ingest.inbound.access import InboundAccesses, unknown_address
from streams.ingest.inbound.body import MAX_BYTES
from streams.ingest.inbound.people import count_people
from streams.ingest.inbound.requests import admit, find_access, take
from streams.ingest.inbound.responses import received
from streams.ingest.inbound.writer import InboundWriter
from streams.serving.application import BodyLimit
from streams.serving.threads import Threads

if TYPE_CHECKING:
    from streams.identity.inbound.receive import InboundDelivery
    from streams.ingest.inbound.access import InboundAccess
    from streams.ingest.inbound.writer import InboundResult, InboundSettled
    from streams.observability.backlog import Backlog
    from streams.serving.application import Promise, Response
    from streams.serving.request import Request
    from streams.tracked_users.counter import TrackedUserCounter

log = structlog.get_logger()

# One, so that only one hostile body of many tiny values is in memory at a time.
READERS = 1


class InboundHandler:
    """The handler. Created in the server's loop, which calls `admit` and `respond`."""

    def __init__(
        self, backlog: Callable[[], Backlog], tracked_users: TrackedUserCounter
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._backlog = backlog
        self._tracked_users = tracked_users
        self._accesses = InboundAccesses()
        self._threads = Threads(READERS)
        self._writer = InboundWriter(self._settle)

    def close(self) -> None:
        """Finish all queued work. Called from another thread while the loop runs."""
        self._threads.close()
        self._writer.close()

    def admit(self, request: Request, promise: Promise[BodyLimit | Response]) -> None:
        """Set the limit for a large body by the request's head, or refuse it."""
        self._threads.submit(partial(self._admit, request, promise))

    def respond(self, request: Request, promise: Promise[Response]) -> None:
        """Learn from a request's events. The response follows once that is durable."""
        self._threads.submit(partial(self._take, request, promise))

    # In the reader's thread

    def _admit(self, request: Request, promise: Promise[BodyLimit | Response]) -> None:
        def step(access: InboundAccess) -> BodyLimit:
            admission = admit(access, request.headers)
            return BodyLimit(MAX_BYTES, is_known=admission.is_known)

        value = self._attempt(request, step)
        self._loop.call_soon_threadsafe(promise.resolve, value)

    def _take(self, request: Request, promise: Promise[Response]) -> None:
        def step(access: InboundAccess) -> None:
            delivery = take(admit(access, request.headers), request.body)
            written = partial(self._written, promise, delivery)
            job = self._writer.hand_over(delivery, written)
            promise.cancel = job.give_up
            if promise.is_given_up:  # by the loop, before it could see `cancel`
                job.give_up()

        if promise.is_given_up:  # it waited too long, and the sender sends again
            return
        value = self._attempt(request, step)
        if value is not None:
            self._loop.call_soon_threadsafe(promise.resolve, value)

    def _attempt[T](
        self, request: Request, step: Callable[[InboundAccess], T]
    ) -> T | IngestResponse:
        """Run a step with the address of a request, and turn errors into a response."""
        access: InboundAccess | None = None
        try:
            access = find_access(
                request.method, request.path, self._accesses, self._backlog()
            )
            return step(access)
        except RequestRefused as refused:
            if access is not None:
                self._writer.note(access.address_id, request_refusal(refused))
            return refusal(refused)
        except Exception as error:  # noqa: BLE001 - logged below
            return error_response(error, request.request_id)

    # In the writer's thread

    def _settle(self, settled: InboundSettled) -> None:
        self._loop.call_soon_threadsafe(_respond, settled)

    # In the loop

    def _written(
        self,
        promise: Promise[Response],
        delivery: InboundDelivery,
        result: InboundResult,
    ) -> None:
        if isinstance(result, Exception):
            promise.resolve(error_response(result, ""))
            return
        promise.resolve(received(result))
        count_people(self._tracked_users, delivery, result, at=now())


def error_response(error: Exception, request_id: str) -> IngestResponse:
    """Return the response to a request that failed. Segment retries all of these."""
    if isinstance(error, WriterBusy):
        return refusal(busy())
    if isinstance(error, DATABASE_DOWN):
        log.warning("ingest.database_down", requests=1, error=str(error))
        return refusal(not_stored(error))
    if isinstance(error, UnknownAddress):
        return refusal(unknown_address())
    # Don't log the error's text, because it can quote the row.
    log.error("inbound.failed", request_id=request_id, error=type(error).__name__)
    return refusal(failed())


def _respond(settled: InboundSettled) -> None:
    for job, result in settled:
        try:
            job.done(result)
        except Exception:  # an error in one connection must not affect the others
            log.exception("inbound.response_failed")
