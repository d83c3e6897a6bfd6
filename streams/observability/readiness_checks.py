"""Health checks behind /readyz, one for each part that the portal needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from celery import current_app
from django.db import DatabaseError, connection
from django.db.models import Min
from kombu.exceptions import OperationalError

from streams.base.database.safe_migrations import migrations_missing
from streams.connections.models import Connection
from streams.connections.write_keys import UNREADABLE
from streams.delivery.engine.due_cursors import unowned_due
from streams.delivery.limits.send_policy import sendable_cursors
from streams.delivery.models import Cursor
from streams.delivery.retention.expiry import expiring_of_all
from streams.events.data_loss.services import in_words, setback
from streams.observability.backlog import measure, storage_full
from streams.observability.missing_keys import missing_in_words

log = structlog.get_logger()
# A due cursor moves, backs off or stops within one turn. After this long without
# any of these, no worker is running or making progress.
OLDEST_DUE_BOUND = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class PartHealth:
    """The health of one part. `detail` says what is wrong and what to do."""

    ok: bool
    detail: str = ""
    age_s: float | None = None


def readiness(now: datetime) -> dict[str, PartHealth]:
    """Check each part. No detail contains an address, a password or a driver's message."""
    database = _tried(_database, "The database is unavailable.")
    if not database.ok:
        unknown = PartHealth(
            ok=False, detail="Unknown, because the database is unavailable."
        )
        migrations = keys = history = oldest_due = backlog = storage = retention = (
            unknown
        )
    else:
        migrations = _tried(_migrations, "Checking the migrations failed.")
        keys = _tried(_keys, "Checking the write keys failed.")
        history = _tried(_history, "Checking the database generation failed.")
        oldest_due = _tried(lambda: _oldest_due(now), "Checking the cursors failed.")
        backlog = _tried(_backlog, "Checking the backlog failed.")
        storage = _tried(_storage, "Checking the free storage failed.")
        retention = _tried(lambda: _retention(now), "Checking the feeds failed.")
    return {
        "database": database,
        "broker": _tried(_broker, "The broker is unavailable."),
        "migrations": migrations,
        "keys": keys,
        "history": history,
        "oldest_due": oldest_due,
        "backlog": backlog,
        "storage": storage,
        "retention": retention,
    }


def _tried(check: Callable[[], PartHealth], failure: str) -> PartHealth:
    try:
        return check()
    except (DatabaseError, OperationalError, OSError) as error:
        # The driver's message can contain hosts and users, so it is not shown.
        log.warning("health.failed", part=failure, error=type(error).__name__)
        return PartHealth(ok=False, detail=failure)


def _database() -> PartHealth:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return PartHealth(ok=True)


def _broker() -> PartHealth:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    return PartHealth(ok=True)


def _migrations() -> PartHealth:
    missing = migrations_missing(connection)
    return PartHealth(ok=not missing, detail=missing)


def _keys() -> PartHealth:
    """Check that this process can read every stored secret, and all workers every write key."""
    if missing := missing_in_words():
        return PartHealth(ok=False, detail=missing)
    current = Connection.objects.current().filter(status=Connection.Status.ACTIVE)
    if waiting := current.filter(status_reason=UNREADABLE).count():
        detail = (
            "Connections that stopped because a worker cannot read their write key:"
            f" {waiting:,}. Start every worker with the same ENCRYPTION_KEYS."
        )
        return PartHealth(ok=False, detail=detail)
    return PartHealth(ok=True)


def _history() -> PartHealth:
    data_loss = setback()
    return PartHealth(
        ok=data_loss is None, detail=in_words(data_loss) if data_loss else ""
    )


def _oldest_due(now: datetime) -> PartHealth:
    # Replays are left out, because live events take precedence over them.
    live = sendable_cursors(now).filter(kind=Cursor.Kind.LIVE)
    oldest = live.aggregate(since=Min("due_at"))["since"]
    age = now - oldest if oldest else timedelta()
    # Cursors that wait for an unavailable region have an owner that probes it.
    late = unowned_due(now).filter(due_at__lt=now - OLDEST_DUE_BOUND).exists()
    return PartHealth(
        ok=not late,
        detail="Events are due, but no worker sends them. Check that a worker is running."
        if late
        else "",
        age_s=round(age.total_seconds(), 1),
    )


def _backlog() -> PartHealth:
    backlog = measure()
    if backlog.backlog_full:
        detail = (
            f"{backlog.waiting:,} events are queued, the limit of MAX_BACKLOG_EVENTS. New"
            " events are refused."
        )
        return PartHealth(ok=False, detail=detail)
    # One customer's backlog is no reason to report the portal as unavailable.
    full = len(backlog.full_feeds)
    detail = f"Feeds at MAX_FEED_BACKLOG_EVENTS, whose new events are refused: {full}."
    return PartHealth(ok=True, detail=detail if full else "")


def _storage() -> PartHealth:
    if storage_full():
        return PartHealth(ok=False, detail="Storage is full. New events are refused.")
    return PartHealth(ok=True)


def _retention(now: datetime) -> PartHealth:
    """Report events that expire soon. This is a notice, not a failure."""
    feeds = list(expiring_of_all(now))
    if not feeds:
        return PartHealth(ok=True)
    events, first = sum(e.events for e in feeds), min(e.first_at for e in feeds)
    return PartHealth(
        ok=True,
        detail=f"Undelivered events that expire from {first:%Y-%m-%d %H:%M} UTC:"
        f" {events:,} in {len(feeds):,} feeds.",
    )
