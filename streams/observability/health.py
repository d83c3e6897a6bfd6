"""Whether this process can do its work: what an operator's probes ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from celery import current_app
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Min
from kombu.exceptions import OperationalError

from streams.delivery.lease import unowned_due
from streams.delivery.models import Cursor

log = structlog.get_logger()
# A cursor that is due moves, backs off or is held within one request and its turn. For
# so long without any of these, nobody is sending: no worker runs, or none gets on.
OLDEST_DUE_BOUND = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that must work; `detail` says in words what does not."""

    ok: bool
    detail: str = ""
    age_s: float | None = None


def readiness(now: datetime) -> dict[str, Part]:
    """Each part by name. No detail holds an address, a password or a driver's words."""
    database = _tried(_database, "The database does not answer.")
    if not database.ok:
        unknown = Part(ok=False, detail="Not known without the database.")
        migrations = oldest_due = unknown
    else:
        migrations = _tried(_migrations, "The migrations could not be read.")
        oldest_due = _tried(lambda: _oldest_due(now), "The cursors could not be read.")
    return {
        "database": database,
        "broker": _tried(_broker, "The broker does not answer."),
        "migrations": migrations,
        "oldest_due": oldest_due,
    }


def _tried(look: Callable[[], Part], failure: str) -> Part:
    try:
        return look()
    except (DatabaseError, OperationalError, OSError) as error:
        # The driver's words name hosts and users: they are for the log alone.
        log.warning("health.failed", part=failure, error=type(error).__name__)
        return Part(ok=False, detail=failure)


def _database() -> Part:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Part(ok=True)


def _broker() -> Part:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    return Part(ok=True)


def _migrations() -> Part:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return Part(
            ok=False, detail=f"Migrations that are not applied: {len(missing)}."
        )
    return Part(ok=True)


def _oldest_due(now: datetime) -> Part:
    oldest = Cursor.objects.to_send(now).aggregate(since=Min("due_at"))["since"]
    age = now - oldest if oldest else timedelta()
    # What waits behind a region that is down has an owner, who probes it.
    late = unowned_due(now).filter(due_at__lt=now - OLDEST_DUE_BOUND).exists()
    return Part(
        ok=not late,
        detail="Events are due and nobody sends them: is a worker running?"
        if late
        else "",
        age_s=round(age.total_seconds(), 1),
    )
