"""One ingest process: an event loop that reads, checks and answers, and a few threads.

What must ask the database, and bodies that take long to check, leave the loop; the
writer is a thread of its own (committer.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from django.db import close_old_connections

from streams.base.clock import now
from streams.base.database import DATABASE_DOWN
from streams.base.refusals import RequestRefused
from streams.ingest.answers import (
    Answer,
    database_down,
    failed,
    preflight,
    refusal,
    unavailable,
)
from streams.ingest.committer import Busy, Committer, NotWritten
from streams.ingest.directory import Directory, NotCached
from streams.ingest.routes import find_route
from streams.ingest.service import admit, take
from streams.ingest.trouble import not_stored
from streams.ingest.waker import Waker

if TYPE_CHECKING:
    from streams.ingest.routes import Route

log = structlog.get_logger()

COMMIT_TIMEOUT_S = 10.0  # Segment's libraries wait 10 to 15 for an answer
WAKE_TIMEOUT_S = 2.0  # at the end, for a broker that does not answer
LOOKUP_THREADS = 4
SMALL_BODY = 64 * 1024  # bytes that are checked within the loop: about 1 ms

ReadBody = Callable[[Mapping[str, str], int], Awaitable[bytes]]


class Front:
    """Made by the server's startup, closed by its shutdown."""

    def __init__(self) -> None:
        self._directory = Directory()
        self._kept = self._directory.without_database()
        self._threads = ThreadPoolExecutor(LOOKUP_THREADS, thread_name_prefix="ingest")
        self._waker = Waker()
        self._committer = Committer(self._waker.notify)

    def close(self) -> None:
        """Finish what was handed over."""
        self._threads.shutdown()
        self._committer.close()
        self._waker.close(WAKE_TIMEOUT_S)

    async def answer(
        self, method: str, path: str, headers: Mapping[str, str], read_body: ReadBody
    ) -> Answer:
        """What to say to a request, once what it brought is durable.

        `read_body` is given the headers and the largest size that may follow.
        """
        try:
            route = find_route(method, path)
            if route is None:
                return preflight()
            return await self._store(route, headers, read_body)
        except RequestRefused as refused:
            return refusal(refused)
        except DATABASE_DOWN as error:
            log.warning("ingest.database_down", requests=1, error=str(error))
            return refusal(not_stored(error))
        except NotWritten:
            return refusal(failed())
        except Busy:
            return refusal(
                unavailable(
                    "INGEST-BUSY-001", "Too much waits to be stored.", retry_after_s=1
                )
            )

    async def _store(
        self, route: Route, headers: Mapping[str, str], read_body: ReadBody
    ) -> Answer:
        admission = await self._look_up(admit, route, headers)
        body = await read_body(headers, admission.max_bytes)
        pending = await self._look_up(
            take, admission, body, in_thread=len(body) > SMALL_BODY, now=now()
        )
        if not pending.additions:
            return pending.answer([])
        written = asyncio.wrap_future(self._committer.hand_over(pending.additions))
        try:
            return pending.answer(await asyncio.wait_for(written, COMMIT_TIMEOUT_S))
        except TimeoutError:
            raise database_down() from None

    async def _look_up[T](
        self,
        function: Callable[..., T],
        *arguments: Any,
        in_thread: bool = False,
        **keywords: Any,
    ) -> T:
        """Call with a directory: here if what it keeps is enough, else in a thread."""
        if not in_thread:
            try:
                return function(*arguments, self._kept, **keywords)
            except NotCached:
                pass
        asking = partial(function, *arguments, self._directory, **keywords)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _with_database, asking)


def _with_database[T](function: Callable[[], T]) -> T:
    """As Django does around a request: a connection that died is not used again."""
    close_old_connections()
    try:
        return function()
    finally:
        close_old_connections()
