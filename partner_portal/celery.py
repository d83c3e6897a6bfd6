"""The Celery application. Its schedule is all that beat does."""

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

from streams.base import log_lines

log = structlog.get_logger()

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "partner_portal.settings")
# Celery discards the results of Django's checks, and running them imports every page.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

MANY_WAITING = 100  # messages
LOG_AGAIN_S = 60.0  # while the broker does not take messages


class Beat(Scheduler):
    """Sends each task once a period by a clock that only goes on.

    Celery's own goes by the time of day: set back by an hour, it is silent for an hour.

    It sends nothing while many messages wait: one more would do what they do already. So
    a broker whose workers are away or busy does not fill up. Messages that expire would
    not do: a worker whose clock is ahead of ours would throw every one of them away.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._next_at: dict[str, float] = {}  # monotonic; not in it: now
        self._logged_at = float("-inf")  # monotonic

    def tick(self, *_: Any, **__: Any) -> float:
        """Send what is due; the seconds until more is."""
        at = time.monotonic()
        entries: dict[str, Any] = self.schedule
        for name, entry in entries.items():
            if self._next_at.get(name, at) <= at:
                self._next_at[name] = at + entry.schedule.seconds
                self.apply_entry(entry, producer=self.producer)
        return max(0.0, min(self._next_at.values()) - time.monotonic())

    @override
    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send one task. Celery's own logs each failure with two tracebacks: here an
        outage of the broker is logged when it begins, each minute, and when it ends."""
        at = time.monotonic()
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except Exception as error:  # noqa: BLE001 - Celery names none; beat goes on
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
        """Raises what the broker's client raises; it is logged, and beat goes on."""
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
    "clear-sessions": {"task": "streams.clear_sessions", "schedule": 24 * 3600.0},
    "prune": {"task": "streams.prune", "schedule": 3600.0},
}
app.conf.beat_scheduler = "partner_portal.celery:Beat"
app.conf.worker_consumer = "partner_portal.consuming:PatientConsumer"
app.autodiscover_tasks(["streams"])


@setup_logging.connect
def keep_logging(**_: object) -> None:
    """Whoever answers this signal keeps Celery from setting up logging of its own."""


def _print_json_alone() -> None:
    """No banners, and JSON for the rest that Celery prints."""
    log_lines.install_for_server()
    for owner, name, ours in (
        (worker.Worker, "emit_banner", lambda _: None),
        (beat.Beat, "banner", lambda *_: ""),
        (worker, "safe_say", _say_json),
    ):
        setattr(owner, name, ours)


def _say_json(text: str, _: TextIO | None = None) -> None:
    """In place of Celery's own. In a signal handler: it must not wait for a stream's lock."""
    line = log_lines.json_line(text.strip(), level="info", logger="celery.worker")
    os.write(2, f"{line}\n".encode())


# Set while Celery's command line loads this module. What `inspect` prints is its result.
_command = click.get_current_context(silent=True)
if (
    _command
    and _command.invoked_subcommand in ("worker", "beat")
    and settings.LOG_FORMAT == "json"
):
    _print_json_alone()
