"""The Celery application and beat's schedule."""

from __future__ import annotations

import os
import time
from typing import Any, TextIO, override

import click
import structlog
from celery import Celery
from celery.apps import beat, worker
from celery.beat import Scheduler
from celery.signals import setup_logging
from django.conf import settings

from streams.base import json_logs

log = structlog.get_logger()

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partner_portal.settings")
# Celery discards the results of Django's checks, and running them imports every page.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

MANY_WAITING = 100  # messages
LOG_AGAIN_S = 60.0  # while the broker is unreachable


class Beat(Scheduler):
    """Sends each task once per period, by a monotonic clock.

    Celery's own scheduler uses the time of day: if the clock is set back by an hour, it
    sends nothing for an hour.

    Sends nothing while MANY_WAITING messages are queued, so that the broker does not fill
    up while workers are away or busy; more messages would change nothing. Expiring
    messages would not work: a worker whose clock is ahead would discard all of them.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._next_at: dict[str, float] = {}  # monotonic; missing means now
        self._logged_at = float("-inf")  # monotonic

    def tick(self, *_: Any, **__: Any) -> float:
        """Send the tasks that are due. Returns the seconds until the next one."""
        at = time.monotonic()
        entries: dict[str, Any] = self.schedule
        for name, entry in entries.items():
            if self._next_at.get(name, at) <= at:
                self._next_at[name] = at + entry.schedule.seconds
                self.apply_entry(entry, producer=self.producer)
        return max(0.0, min(self._next_at.values()) - time.monotonic())

    @override
    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send one task.

        Celery's own method logs each failure with two tracebacks. This one logs an outage
        of the broker when it begins, every minute, and when it ends.
        """
        at = time.monotonic()
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except Exception as error:  # noqa: BLE001 - of any type; beat must go on
            if at - self._logged_at >= LOG_AGAIN_S:
                self._logged_at = at
                log.warning("beat.broker_unreachable", error=type(error).__name__)
        else:
            if self._logged_at > 0:
                log.info("beat.broker_reachable")
            self._logged_at = float("-inf")

    @override
    def apply_async(
        self, entry: Any, producer: Any = None, advance: Any = True, **options: Any
    ) -> Any:
        """Send one task. Raises the errors of the broker's client."""
        queue = self.app.conf.task_default_queue
        declared = producer.channel.queue_declare(
            queue=queue, durable=True, auto_delete=False
        )
        if declared.message_count < MANY_WAITING:
            return super().apply_async(entry, producer, advance, **options)
        return None


app = Celery("partner_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = {
    "sweep": {"task": "streams.sweep", "schedule": 1.0},
    "alerts": {
        "task": "streams.alerts",
        "schedule": 15.0,
        "kwargs": {"everything": False},
    },
    "all-alerts": {"task": "streams.alerts", "schedule": 60.0},
    "webhooks": {"task": "streams.webhooks", "schedule": 30.0},
    "clear-sessions": {"task": "streams.clear_sessions", "schedule": 24 * 3600.0},
    "store-figures": {"task": "streams.store_figures", "schedule": 60.0},
    "prune": {"task": "streams.prune", "schedule": 3600.0},
}
app.conf.beat_scheduler = "partner_portal.celery:Beat"
app.conf.worker_consumer = "partner_portal.broker_connection:PatientConsumer"
app.autodiscover_tasks(["streams"])


@setup_logging.connect
def keep_logging(**_: object) -> None:
    """Keep Celery from setting up its own logging: receiving this signal is enough."""


def _print_json_alone() -> None:
    """Suppress Celery's banners, and print the rest of its output as JSON."""
    json_logs.install_for_server()
    for owner, name, ours in (
        (worker.Worker, "emit_banner", lambda _: None),
        (beat.Beat, "banner", lambda *_: ""),
        (worker, "safe_say", _say_json),
    ):
        setattr(owner, name, ours)


def _say_json(text: str, _: TextIO | None = None) -> None:
    """Replace Celery's `safe_say`. Runs in signal handlers, so it must not take a lock."""
    line = json_logs.json_line(text.strip(), level="info", logger="celery.worker")
    os.write(2, f"{line}\n".encode())


# Set while Celery's command line loads this module. Other commands, such as `inspect`,
# print their results as text.
_command = click.get_current_context(silent=True)
if (
    _command
    and _command.invoked_subcommand in ("worker", "beat")
    and settings.LOG_FORMAT == "json"
):
    _print_json_alone()
