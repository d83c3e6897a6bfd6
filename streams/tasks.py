"""Celery's tasks. Messages only wake workers (delivery/wake.py): the database has all due
cursors, so a lost message costs a second."""

from __future__ import annotations

import threading

import structlog
from celery import shared_task
from celery.signals import (
    beat_init,
    celeryd_init,
    worker_ready,
    worker_shutting_down,
)
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, connections
from django.db.models.functions import Now

from streams.alerts.conditions.portal import NO_BEAT_AFTER
from streams.alerts.evaluation import evaluate, open_at_once
from streams.alerts.sending import send_due
from streams.alerts.webhook_sending import sending as webhooks
from streams.base.clock import now
from streams.base.database.database_time import database_now
from streams.base.database.frozen_sessions import end_frozen_sessions
from streams.base.database.statement_timeout import limit_process, within
from streams.base.rate_limit import forget_counts
from streams.delivery import clock_repair, quarantine_jobs
from streams.delivery.engine import drain as delivery
from streams.delivery.engine.due_cursors import unowned_due_streams
from streams.delivery.waiting import release as waiting_release
from streams.delivery.waiting import renewal as waiting_renewal
from streams.delivery.wake import (
    DRAIN,
    ERASURES,
    EXPORTS,
    QUARANTINE,
    UPLOADS,
    WAITING,
    WEBHOOKS,
    wake,
    wake_erasures,
    wake_exports,
    wake_quarantine,
    wake_uploads,
    wake_waiting,
    wake_webhooks,
)
from streams.events.data_loss import services as history
from streams.exports import services as exports
from streams.observability.preflight import exit_if_refused
from streams.observability.work_figures.store import (
    latest_figures,
)
from streams.observability.work_figures.store import (
    store_figures as store_figures_of_work,
)
from streams.privacy import jobs as erasures
from streams.prune import prune as prune_all
from streams.sign_in.session_ending import forget_ended_sessions
from streams.uploads import reading as uploads

log = structlog.get_logger()
_stop = threading.Event()
_sending_webhooks = threading.Lock()
_releasing = threading.Lock()
_erasing = threading.Lock()
WATCH_S = 60.0
PRUNE_DEADLINE_S = 600.0  # per statement, some of which delete a day of events


@celeryd_init.connect
@beat_init.connect
def _refuse_to_start(**_: object) -> None:
    exit_if_refused(needs_broker=True)


@celeryd_init.connect
def _limit_statements(**_: object) -> None:
    limit_process(settings.SERVING_DEADLINE_S)


@worker_shutting_down.connect
def _stop_sending(**_: object) -> None:
    _stop.set()


@shared_task(name=DRAIN, ignore_result=True)
def drain(*, stream_id: int, **_: object) -> None:
    """Deliver a stream's events, unless another worker does."""
    delivery.drain(stream_id, stop=_stop)


@shared_task(name="streams.sweep", ignore_result=True)
def sweep(**_: object) -> None:
    """Wake a worker for each due stream without an owner. Beat runs it every second.

    Each statement has an owner's deadline, because sweeps that wait for a hung server would
    occupy the threads that a takeover needs.
    """
    with within(settings.DRAIN_DEADLINE_S):
        end_frozen_sessions()
        wake(unowned_due_streams(Now()))
        if quarantine_jobs.has_lost_its_worker():
            wake_quarantine()
        if exports.has_lost_its_worker():
            wake_exports()
        if erasures.has_lost_its_worker():
            wake_erasures()
        if uploads.has_lost_its_worker():
            wake_uploads()
        history.tick()
        clock_repair.mend()  # late, because a locked row can delay it
        if waiting_release.is_due() or waiting_renewal.is_due():
            wake_waiting()


@shared_task(name=QUARANTINE, ignore_result=True)
def work_quarantine(**_: object) -> None:
    """Process decisions about quarantined events. Several workers can do so at once."""
    quarantine_jobs.work(_stop.is_set)


@shared_task(name=WAITING, ignore_result=True)
def release_waiting(**_: object) -> None:
    """Release events whose person's userId is known by now.

    A process runs it once at a time, because all would wait for the lock of one feed.
    """
    if not _releasing.acquire(blocking=False):
        return
    try:
        waiting_renewal.work()
        waiting_release.work(_stop.is_set)
    finally:
        _releasing.release()


@shared_task(name=EXPORTS, ignore_result=True)
def work_exports(**_: object) -> None:
    """Write the files of exports. Several workers can do so at once."""
    exports.work(_stop.is_set, rest=_stop.wait)


@shared_task(name=ERASURES, ignore_result=True)
def work_erasures(**_: object) -> None:
    """Erase people. A process runs it once at a time, because it mostly computes digests."""
    if not _erasing.acquire(blocking=False):
        return
    try:
        erasures.work(_stop.is_set)
    finally:
        _erasing.release()


@shared_task(name=UPLOADS, ignore_result=True)
def work_uploads(**_: object) -> None:
    """Read uploaded files with userIds. Several workers can do so at once."""
    uploads.work(_stop.is_set, rest=_stop.wait)


@shared_task(name="streams.alerts", ignore_result=True)
def alert(*, everything: bool = True, **_: object) -> None:
    """Open and close alerts, and send the notices that are due. Beat runs it every 15 seconds.

    It compares all conditions once a minute, with `everything`.
    """
    if everything:
        evaluate(database_now())
    else:
        open_at_once(database_now())
    wake_webhooks()
    send_due(database_now(), _stop.is_set)


@shared_task(name=WEBHOOKS, ignore_result=True)
def send_webhooks(**_: object) -> None:
    """Send the webhook messages that are due. Beat runs it twice a minute.

    A process runs it once at a time, so that receivers that hang occupy one thread.
    """
    if not _sending_webhooks.acquire(blocking=False):
        return
    try:
        client = webhooks.customer_client()
        webhooks.send_due(database_now(), _stop.is_set, client=client)
    finally:
        _sending_webhooks.release()


@worker_ready.connect
def _watch_beat(**_: object) -> None:
    threading.Thread(target=_alert_without_beat, name="beat-watch", daemon=True).start()


def _alert_without_beat() -> None:
    """Notify operators if beat starts nothing. Beat would have to start the task that does so."""
    while not _stop.wait(WATCH_S):
        try:
            moment = database_now()
            latest = latest_figures()
            if latest and latest[0] < moment - NO_BEAT_AFTER:
                evaluate(moment)
                send_due(database_now(), _stop.is_set)
        except DatabaseError:
            log.warning("alerts.watch_failed")
        finally:
            connections.close_all()


@shared_task(name="streams.prune", ignore_result=True)
def prune(**_: object) -> None:
    """Create upcoming partitions, and delete everything past its retention."""
    with within(PRUNE_DEADLINE_S):
        prune_all(now=now())


@shared_task(name="streams.store_figures", ignore_result=True)
def store_figures(**_: object) -> None:
    """Measure the figures of the admin's first page. Beat runs it every minute."""
    store_figures_of_work(now())


@shared_task(name="streams.clear_sessions", ignore_result=True)
def clear_sessions(**_: object) -> None:
    """Delete expired sessions and old counts of rate limits. Beat runs it every day."""
    SessionStore.clear_expired()
    forget_ended_sessions()
    forget_counts()
