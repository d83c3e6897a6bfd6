"""The ingest process, for gunicorn with streams.serving.worker.ServingWorker."""

from __future__ import annotations

import os

import django

from partner_portal.startup_error import booting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partner_portal.settings")
with booting():
    django.setup()

from django.conf import settings

from streams.base.database.statement_timeout import limit_process
from streams.ingest.app import IngestApp
from streams.serving.listener import connection_limit
from streams.serving.server import Server

limit_process(settings.INGEST_DEADLINE_S)


def application(**_: object) -> Server:
    """Create the server of one process. Called within its event loop."""
    limit = connection_limit(settings.INGEST_MAX_CONNECTIONS)
    return Server(IngestApp(), max_connections=limit)
