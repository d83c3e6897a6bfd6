"""The ingest, for gunicorn's ASGI worker: a bare callable, not Django's handler.

Django's own ASGI handler costs three to six times its WSGI one; events need none of
what it does (docs/architecture.md, "Ingest").
"""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partner_portal.settings")
django.setup()

from streams.ingest.asgi import application  # noqa: E402 - needs the app registry

__all__ = ["application"]
