"""gunicorn's worker for web and ingest: `gunicorn -k streams.serving.worker.ServingWorker`.

gunicorn listens, forks, watches, restarts and stops; our server handles the requests. The
`application` in `partner_portal.web` or `partner_portal.ingest` creates the server.
gunicorn's master imports this module, and the workers that it starts on SIGHUP inherit the
master's imports. So this module imports none of our other modules at runtime: each worker
loads the code that is on disk when it starts.
"""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from gunicorn import sock
from gunicorn.workers.base import Worker

if TYPE_CHECKING:
    import ssl

    from streams.serving.server import Server

TICK_S = 1.0
RESERVE_S = 1.0  # of gunicorn's graceful timeout, to store received events


class ServingWorker(Worker):  # type: ignore[misc] # gunicorn has no types
    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        server: Server = self.wsgi(threads=self.cfg.threads)
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
        """Respond to all requests, and store all received events."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self.cfg.graceful_timeout - RESERVE_S
        server.end()
        while server.connections and loop.time() < give_up_at:
            self._tick(server)
            await asyncio.sleep(0.05)
        # In a thread, because the loop has to send the last responses in the meantime.
        await asyncio.to_thread(server.application.close)
        server.abort()

    def _tls(self) -> ssl.SSLContext | None:
        return sock.ssl_context(self.cfg) if self.cfg.is_ssl else None
