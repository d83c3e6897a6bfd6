"""The web process, for gunicorn with streams.serving.worker.ServingWorker."""

from __future__ import annotations

from partner_portal import wsgi
from streams.serving.listener import connection_limit
from streams.serving.server import Server
from streams.serving.wsgi import MAX_CONNECTIONS, WsgiApplication
from streams.web.early_error_pages import server_pages


def application(*, threads: int) -> Server:
    """Create the server of one process. Called within its event loop.

    `threads` is gunicorn's setting.
    """
    pages = WsgiApplication(wsgi.application, threads=threads, pages=server_pages())
    return Server(pages, max_connections=connection_limit(MAX_CONNECTIONS))
