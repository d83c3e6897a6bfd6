"""gunicorn's worker for the ingest: `gunicorn -k streams.ingest.worker.IngestWorker`.

gunicorn listens, forks, watches, restarts and stops; the requests are our server's. The
application is what `partner_portal.ingest` names: called once, it makes the front.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from django.conf import settings
from gunicorn import sock
from gunicorn.workers.base import Worker

from streams.ingest.listener import connection_limit
from streams.ingest.server import Server

if TYPE_CHECKING:
    import ssl

TICK_S = 1.0
RESERVE_S = 1.0  # of gunicorn's graceful timeout, to write down what was taken


class IngestWorker(Worker):  # type: ignore[misc] # gunicorn has no types
    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        limit = connection_limit(settings.INGEST_MAX_CONNECTIONS)
        server = Server(self.wsgi(), max_connections=limit)
        sockets = [listener.sock for listener in self.sockets]
        server.listen(sockets, backlog=self.cfg.backlog, tls=self._tls())
        while self.alive and not stop.is_set() and self.ppid == os.getppid():
            self._tick(server)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), TICK_S)
        await self._end(server)

    def _tick(self, server: Server) -> None:
        self.notify()
        server.tick()

    async def _end(self, server: Server) -> None:
        """Answer what was asked, write down what was taken."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self.cfg.graceful_timeout - RESERVE_S
        server.end()
        while server.connections and loop.time() < give_up_at:
            self._tick(server)
            await asyncio.sleep(0.05)
        # In a thread: the loop has to carry the last answers out meanwhile.
        await asyncio.to_thread(server.front.close)
        server.abort()

    def _tls(self) -> ssl.SSLContext | None:
        return sock.ssl_context(self.cfg) if self.cfg.is_ssl else None
