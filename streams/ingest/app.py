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
from streams.ingest.credentials.lookup import CredentialLookup, NotCached
from streams.ingest.http.body import GZIP_MAGIC, MAX_BYTES
from streams.ingest.http.responses import (
    IngestResponse,
    alive,
    database_down,
    failed,
    preflight,
    ready,
    refusal,
)
from streams.ingest.http.routes import find_route
from streams.ingest.service import admit, take
from streams.ingest.tracing import log_stored
from streams.ingest.workspace_resolution import removed
from streams.observability.issues.flusher import IssueFlusher
from streams.observability.readiness_cache import FOR_INGEST, verdict
from streams.serving.http_format import unavailable
from streams.serving.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.ingest.commit.group_commit import Result, Settled
    from streams.ingest.service import Admission, Pending
    from streams.serving.request_context import RequestContext

log = structlog.get_logger()

WAKE_TIMEOUT_S = 2.0  # at the end, if the broker is unavailable
LOOKUP_THREADS = 4
# The largest body, in bytes, that is checked in the loop. Segment's own limit fits: it
# takes about 7 ms, which costs other requests less than threads that wait for each other.
SMALL_BODY = 512 * 1024
USUAL_RATIO = 10  # compression ratio of events

# A step toward a response. It can return a function to call in the loop.
Then = Callable[[], None]
Step = Callable[["RequestContext", CredentialLookup], Then | None]


class IngestApp:
    """The application. Created in the server's loop, which alone calls it."""

    max_bytes = MAX_BYTES
    reserves_bodies = True
    body_timeout_s = 10.0  # for a whole body, however slow
    response_timeout_s = 10.0  # Segment's libraries wait 10 to 15

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._directory = CredentialLookup()
        self._kept = self._directory.without_database()
        self._threads = Threads(LOOKUP_THREADS)
        self._waker = WorkerNotifier()
        self._committer = GroupCommitter(self._settle, self._waker.notify)
        self._flusher = IssueFlusher(self._directory.findings)
        self._flusher.start()

    def close(self) -> None:
        """Finish all queued work. Called from another thread while the loop runs."""
        self._threads.close()
        self._committer.close()
        self._flusher.close()
        self._waker.close(WAKE_TIMEOUT_S)

    def open(self, exchange: RequestContext) -> None:
        """Handle a request's head: set the limit for its body, or refuse it."""
        exchange.is_asking = True
        self._do(self._admit, exchange)

    def complete(self, exchange: RequestContext) -> None:
        """Handle a complete request. The response follows once its events are durable."""
        if exchange.path == "/readyz":
            self._threads.submit(partial(self._be_probed, exchange))
        elif _likely_bytes(exchange) > SMALL_BODY:
            self._threads.submit(partial(self._do_in_thread, self._store, exchange))
        else:
            self._do(self._store, exchange)

    def give_up(self, exchange: RequestContext) -> None:
        """Respond to a sender that has waited too long."""
        if exchange.job is not None:
            exchange.job.give_up()
        exchange.reply(refusal(database_down()))

    def refusal(
        self, refused: RequestRefused, headers: Mapping[str, str]
    ) -> IngestResponse:
        return refusal(refused)

    def failure(self) -> IngestResponse:
        return refusal(failed())

    # Run a step in the loop if the cache is sufficient, otherwise in a thread.

    def _do(self, step: Step, exchange: RequestContext) -> None:
        try:
            then = _attempt(step, exchange, self._kept)
        except NotCached:
            self._threads.submit(partial(self._do_in_thread, step, exchange))
            return
        if then is not None:
            then()

    def _do_in_thread(self, step: Step, exchange: RequestContext) -> None:
        then = _attempt(step, exchange, self._directory)
        if then is not None:
            self._loop.call_soon_threadsafe(then)

    def _be_probed(self, exchange: RequestContext) -> None:
        answer = ready(ok=not verdict.failing() & FOR_INGEST)
        self._loop.call_soon_threadsafe(exchange.reply, answer)

    # The steps

    def _admit(self, exchange: RequestContext, directory: CredentialLookup) -> Then:
        admission = _admission(exchange, directory)
        if isinstance(admission, IngestResponse):
            return partial(exchange.reply, admission)
        is_known = admission.access is not None
        return partial(
            exchange.admit, admission.max_bytes, admission, is_known=is_known
        )

    def _store(
        self, exchange: RequestContext, directory: CredentialLookup
    ) -> Then | None:
        admission = exchange.admission or _admission(exchange, directory)
        if isinstance(admission, IngestResponse):
            return partial(exchange.reply, admission)
        pending = take(admission, exchange.body, directory, now=now())
        if not pending.additions:
            return partial(exchange.reply, pending.answer([]))
        done = partial(_written, exchange, pending)
        exchange.job = self._committer.hand_over(
            pending.additions, done, exchange.proxys_request_id
        )
        return None

    def _settle(self, settled: Settled) -> None:
        self._loop.call_soon_threadsafe(_tell, settled)


def _likely_bytes(exchange: RequestContext) -> int:
    ratio = USUAL_RATIO if exchange.body.startswith(GZIP_MAGIC) else 1
    return len(exchange.body) * ratio


def _admission(
    exchange: RequestContext, directory: CredentialLookup
) -> Admission | IngestResponse:
    if exchange.path == "/healthz":
        return alive()
    route = find_route(exchange.method, exchange.path)
    return (
        admit(route, exchange.headers, directory)
        if route
        else preflight(exchange.headers)
    )


def _attempt(
    step: Step, exchange: RequestContext, directory: CredentialLookup
) -> Then | None:
    """Run a step, and turn errors into a response. Raises NotCached."""
    try:
        return step(exchange, directory)
    except NotCached:
        raise
    except (RequestRefused, WriterBusy) as error:
        return partial(exchange.reply, _error(error))
    except DATABASE_DOWN as error:
        log.warning("ingest.database_down", requests=1, error=str(error))
        return partial(exchange.reply, _error(error))
    except Exception as error:
        log.exception("ingest.failed", request_id=exchange.request_id)
        return partial(exchange.reply, _error(error))


def _tell(settled: Settled) -> None:
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


def _written(exchange: RequestContext, pending: Pending, result: Result) -> None:
    if isinstance(result, Exception):
        exchange.reply(_error(result))
    else:
        exchange.reply(pending.answer(result))


def _error(error: Exception) -> IngestResponse:
    """Return the response to a failed request."""
    if isinstance(error, RequestRefused):
        return refusal(error)
    if isinstance(error, WriterBusy):
        busy = "Too many events are waiting to be stored."
        return refusal(unavailable("INGEST-BUSY-001", busy, retry_after_s=1))
    if isinstance(error, DATABASE_DOWN):
        return refusal(not_stored(error))
    if isinstance(error, UnknownFeed):
        return refusal(removed())
    return refusal(failed())
