"""The Celery application. Its schedule is all that beat does."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partner_portal.settings")

app = Celery("partner_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = {
    # A wake-up older than its period is of no use: the next one does the same.
    "sweep": {"task": "streams.sweep", "schedule": 1.0, "options": {"expires": 1.0}},
    "prune": {
        "task": "streams.prune",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
}
app.autodiscover_tasks(["streams"])


@setup_logging.connect
def keep_logging(**_: object) -> None:
    """Whoever answers this signal keeps Celery from setting up logging of its own."""
