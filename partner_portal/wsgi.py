"""The pages, for gunicorn's gthread worker."""

from __future__ import annotations

import atexit
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partner_portal.settings")
application = get_wsgi_application()

from streams.ingest.views import flusher  # noqa: E402 - needs the app registry

# Loaded once in each worker, after its fork: a thread would not survive it.
flusher.start()
atexit.register(flusher.close)
