"""The web pages as a WSGI application. web.py serves it with our own server."""

from __future__ import annotations

import atexit
import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

from partner_portal.startup_error import booting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partner_portal.settings")
with booting():
    application = get_wsgi_application()

from django.conf import settings

from streams.base.database.statement_timeout import limit_process
from streams.ingest.django_views import flushers, request_log

limit_process(settings.SERVING_DEADLINE_S)
import_module(settings.ROOT_URLCONF)  # at startup, so that the first request is fast
# This module loads in each worker after its fork; threads would not survive a fork.
for flusher in flushers:
    flusher.start()
    atexit.register(flusher.close)
request_log.start()
atexit.register(request_log.close)
