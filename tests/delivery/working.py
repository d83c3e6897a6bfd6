"""A drain at work beside a test."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import connections

from streams.delivery import lease
from streams.delivery.drain import Drain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.catalog.models import Stream


@contextmanager
def at_work(stream: Stream) -> Iterator[Drain]:
    """A drain of the stream, in a thread beside the test."""
    stop = threading.Event()
    work = Drain(lease.take(stream.pk), stop, linger_s=60)

    def run():
        try:
            work.run()
        finally:
            connections.close_all()  # this thread's own

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield work
    finally:
        stop.set()
        thread.join()
