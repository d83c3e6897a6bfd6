"""The ingest's process, for gunicorn with streams.ingest.worker.IngestWorker."""

from __future__ import annotations

import os

import django

from partner_portal.boot import booting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partner_portal.settings")
with booting():
    django.setup()

from streams.ingest.front import Front

application = Front  # called once in each process

__all__ = ["application"]
