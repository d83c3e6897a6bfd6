"""The ingest's process, for gunicorn with streams.ingest.worker.IngestWorker."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partner_portal.settings")
django.setup()

from streams.ingest.front import Front  # noqa: E402 - needs the app registry

application = Front  # called once in each process

__all__ = ["application"]
