"""The application of an ingest process: an event loop and a few threads.

The loop reads and checks requests and responds to them. Database queries and large bodies
are handled in threads, and one thread writes (group_commit.py).
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
from streams.events.log import UnknownFeed
from streams.ingest.commit.database_errors import not_stored
from streams.ingest.commit.group_commit import GroupCommitter, WriterBusy
from streams.ingest.commit.notifier import WorkerNotifier
from streams.ingest.credential_lookup import CredentialLookup, NotCached
from streams.ingest.http.body import GZIP_MAGIC, MAX_BYTES
from streams.ingest.http.responses import (
    IngestResponse,
    alive,
    busy,
    database_down,
    failed,
    preflight,
    ready,
    refusal,
)
from streams.ingest.http.routes import find_route
from streams.ingest.inbound.handler import InboundHandler
from streams.ingest.inbound.requests import is_inbound
from streams.ingest.request_log import RequestLog
from streams.ingest.service import admit, take
from streams.ingest.tracing import log_stored
from streams.ingest.workspaces.resolution import removed
from streams.observability.readiness_cache import FOR_INGEST, verdict
from streams.serving.application import BodyLimit, Promise
from streams.serving.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.ingest.commit.group_commit import Result, Settled
    from streams.ingest.pending_events import PendingEvents
    from streams.ingest.service import Admission
    from streams.serving.application import Response
    from streams.serving.request import Request

log = structlog.get_logger()

WAKE_TIMEOUT_S = 2.0  # at the end, if the broker is unavailable
LOOKUP_THREADS = 4
# The largest body, in bytes, that is checked in the loop. Segment's own limit fits: it
# takes about 7 ms, which costs other requests less than threads that wait for each other.
SMALL_BODY = 512 * 1024
USUAL_RATIO = 10  # compression ratio of events

# A step toward a response, or toward None if the writer will respond.
type Step[T] = Callable[[Request, CredentialLookup], T | Response | None]


class IngestApp:
    """The application. Created in the server's loop, which alone calls it."""

    max_bytes = MAX_BYTES
    reserves_bodies = True
    body_timeout_s = 10.0  # for a whole body, however slow
    response_timeout_s = 10.0  # Segment's libraries wait 10 to 15

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lookup = CredentialLookup()
        self._cached = self._lookup.without_database()
        self._threads = Threads(LOOKUP_THREADS)
        self._notifier = WorkerNotifier()
        self._committer = GroupCommitter(self._settle, self._notifier.notify)
        self._inbound = InboundHandler(self._lookup.backlog, self._lookup.tracked_users)
        self._flushers = self._lookup.flushers()
        for flusher in self._flushers:
            flusher.start()
        self._request_log = RequestLog(self._lookup)
        self._request_log.start()

    def close(self) -> None:
        """Finish all queued work. Called from another thread while the loop runs."""
        self._threads.close()
        self._inbound.close()
        self._committer.close()
        for flusher in self._flushers:
            flusher.close()
        self._request_log.close()
        self._notifier.close(WAKE_TIMEOUT_S)

    def admit(self, request: Request) -> Promise[BodyLimit | Response]:
        """Set the limit for a large body by the request's head, or refuse it."""
        promise: Promise[BodyLimit | Response]
        if is_inbound(request.path):
            promise = Promise()
            self._inbound.admit(request, promise)
            return promise
        promise = _Logged(self._request_log, request)
        self._run(_body_limit, request, promise)
        return promise

    def respond(self, request: Request) -> Promise[Response]:
        """Store a request's events. The response follows once they are durable."""
        promise: Promise[Response]
        if is_inbound(request.path):
            promise = Promise()
            self._inbound.respond(request, promise)
            return promise
        promise = _Logged(self._request_log, request)
        store = partial(self._store, promise)
        if request.path == "/readyz":
            self._threads.submit(partial(self._check_readiness, promise))
        elif _likely_bytes(request) > SMALL_BODY:
            self._threads.submit(partial(self._run_in_thread, store, request, promise))
        else:
            self._run(store, request, promise)
        return promise

    def refusal(
        self, refused: RequestRefused, headers: Mapping[str, str]
    ) -> IngestResponse:
        response = refusal(refused)
        self._request_log.note(headers, "", b"", response)
        return response

    def timed_out(self, headers: Mapping[str, str]) -> IngestResponse:
        return refusal(database_down())

    def failure(self) -> IngestResponse:
        return refusal(failed())

    # Run a step in the loop if the cache is sufficient, otherwise in a thread.

    def _run[T](
        self, step: Step[T], request: Request, promise: Promise[T | Response]
    ) -> None:
        try:
            value = _attempt(step, request, self._cached)
        except NotCached:
            self._threads.submit(partial(self._run_in_thread, step, request, promise))
            return
        if value is not None:
            promise.resolve(value)

    def _run_in_thread[T](
        self, step: Step[T], request: Request, promise: Promise[T | Response]
    ) -> None:
        value = _attempt(step, request, self._lookup)
        if value is not None:
            self._loop.call_soon_threadsafe(promise.resolve, value)

    def _check_readiness(self, promise: Promise[Response]) -> None:
        response = ready(ok=not verdict.failing() & FOR_INGEST)
        self._loop.call_soon_threadsafe(promise.resolve, response)

    def _store(
        self, promise: Promise[Response], request: Request, lookup: CredentialLookup
    ) -> Response | None:
        """Hand a request's events to the writer (None), or return the response."""
        admission = _admission(request, lookup)
        if isinstance(admission, IngestResponse):
            return admission
        pending = take(admission, request.body, lookup, now=now())
        if not pending.additions:
            return pending.response([])
        if promise.is_given_up:  # a lookup took too long, and the sender sends again
            return None
        job = self._committer.hand_over(
            pending.additions,
            partial(_written, promise, pending),
            request.proxys_request_id,
        )
        promise.cancel = job.give_up
        if promise.is_given_up:  # by the loop, before it could see `cancel`
            job.give_up()
        return None

    def _settle(self, settled: Settled) -> None:
        self._loop.call_soon_threadsafe(_respond, settled)


class _Logged[T](Promise[T]):
    """A promise whose response goes into the request log."""

    __slots__ = ("_log", "_request")

    def __init__(self, log: RequestLog, request: Request) -> None:
        super().__init__()
        self._log = log
        self._request = request

    def resolve(self, value: T) -> None:
        if self.value is None and isinstance(value, IngestResponse):
            request = self._request
            if request.method == "POST":
                self._log.note(request.headers, request.path, request.body, value)
        super().resolve(value)


def _likely_bytes(request: Request) -> int:
    ratio = USUAL_RATIO if request.body.startswith(GZIP_MAGIC) else 1
    return len(request.body) * ratio


def _admission(
    request: Request, lookup: CredentialLookup
) -> Admission | IngestResponse:
    if request.path == "/healthz":
        return alive()
    route = find_route(request.method, request.path)
    if route is None:
        return preflight(request.headers)
    return admit(route, request.headers, lookup)


def _body_limit(
    request: Request, lookup: CredentialLookup
) -> BodyLimit | IngestResponse:
    admission = _admission(request, lookup)
    if isinstance(admission, IngestResponse):
        return admission
    return BodyLimit(admission.max_bytes, is_known=admission.access is not None)


def _attempt[T](
    step: Step[T], request: Request, lookup: CredentialLookup
) -> T | Response | None:
    """Run a step, and turn errors into a response. Raises NotCached."""
    try:
        return step(request, lookup)
    except NotCached:
        raise
    except (RequestRefused, WriterBusy) as error:
        return _error(error)
    except DATABASE_DOWN as error:
        log.warning("ingest.database_down", requests=1, error=str(error))
        return _error(error)
    except Exception as error:
        log.exception("ingest.failed", request_id=request.request_id)
        return _error(error)


def _respond(settled: Settled) -> None:
    for job, result in settled:
        try:
            job.done(result)
        except Exception:  # an error in one connection must not affect the others
            log.exception("ingest.response_failed")
    stored = [
        (job.request_id, job.additions, result)
        for job, result in settled
        if job.request_id and isinstance(result, list)
    ]
    if stored:
        log_stored(stored)


def _written(
    promise: Promise[Response], pending: PendingEvents, result: Result
) -> None:
    if isinstance(result, Exception):
        promise.resolve(_error(result))
    else:
        promise.resolve(pending.response(result))


def _error(error: Exception) -> IngestResponse:
    """Return the response to a failed request."""
    if isinstance(error, RequestRefused):
        return refusal(error)
    if isinstance(error, WriterBusy):
        return refusal(busy())
    if isinstance(error, DATABASE_DOWN):
        return refusal(not_stored(error))
    if isinstance(error, UnknownFeed):
        return refusal(removed())
    return refusal(failed())
