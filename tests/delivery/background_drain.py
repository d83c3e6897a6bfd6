"""Run a drain beside a test, give it a backlog, and count requests until an event."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connections

from streams.base.clock import now
from streams.delivery import lease
from streams.delivery.engine.drain import Drain
from tests import factories
from tests.portal_processes import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.catalog.models import Stream
    from streams.delivery.models import Cursor
    from tests.segment import SandboxSegment


class Working(Drain):
    was_lost = False  # its lease


@contextmanager
def at_work(stream: Stream) -> Iterator[Working]:
    """Run a drain of the stream in a thread."""
    stop = threading.Event()
    work = Working(lease.take(stream.pk), stop, linger_s=60)

    def run():
        try:
            work.run()
        except lease.LeaseLost:
            work.was_lost = True
        finally:
            connections.close_all()  # this thread's own

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield work
    finally:
        stop.set()
        thread.join()


def big(stream: Stream, *, requests: int) -> Cursor:
    """Return a cursor with a backlog of this many full requests."""
    cursor = factories.cursor(factories.connection(factories.feed(stream)))
    padding = {"properties": {"padding": "x" * 19_000}}  # 25 events fill a request
    factories.append(cursor.feed, 25 * requests, now=now(), **padding)
    return cursor


def requests_until_sent(segment: SandboxSegment, cursor: Cursor) -> int:
    """Append an event; return how many requests of others came before its own."""
    factories.append(cursor.feed, 1, now=now())
    before = segment.stats()["requests"]
    key = cursor.connection.key_last4

    def sent() -> list[int]:
        calls = enumerate(segment.requests)
        return [n for n, call in calls if call["write_key"].endswith(key)]

    until(sent)
    return sent()[0] - before
