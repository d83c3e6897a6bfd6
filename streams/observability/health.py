"""Whether this process can do its work: what an operator's probes ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from celery import current_app
from django.db import DatabaseError, connection
from django.db.models import Min
from kombu.exceptions import OperationalError

from streams.base.migrating import migrations_missing
from streams.connections.keys import UNREADABLE, unknown_key_ids
from streams.connections.models import Connection
from streams.delivery.expiry import expiring_of_all
from streams.delivery.lease import unowned_due
from streams.delivery.models import Cursor
from streams.events.history.services import in_words, setback
from streams.observability.load import look, storage_full

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
        migrations = keys = history = oldest_due = backlog = storage = retention = (
            unknown
        )
    else:
        migrations = _tried(_migrations, "The migrations could not be read.")
        keys = _tried(_keys, "The write keys could not be checked.")
        history = _tried(_history, "The history could not be read.")
        oldest_due = _tried(lambda: _oldest_due(now), "The cursors could not be read.")
        backlog = _tried(_backlog, "The backlog could not be read.")
        storage = _tried(_storage, "The room that is left could not be read.")
        retention = _tried(lambda: _retention(now), "The feeds could not be read.")
    return {
        "database": database,
        "broker": _tried(_broker, "The broker does not answer."),
        "migrations": migrations,
        "keys": keys,
        "history": history,
        "oldest_due": oldest_due,
        "backlog": backlog,
        "storage": storage,
        "retention": retention,
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
    missing = migrations_missing(connection)
    return Part(ok=not missing, detail=missing)


def _keys() -> Part:
    """Whether this process, and those that deliver, can read every write key."""
    if missing := unknown_key_ids():
        names = ", ".join(missing)
        detail = f"ENCRYPTION_KEYS lacks keys that write keys are sealed with: {names}."
        return Part(ok=False, detail=detail)
    current = Connection.objects.current().filter(status=Connection.Status.ACTIVE)
    if waiting := current.filter(status_reason=UNREADABLE).count():
        detail = (
            "Connections that wait because a worker cannot read their write key:"
            f" {waiting:,}. Start every worker with the same ENCRYPTION_KEYS."
        )
        return Part(ok=False, detail=detail)
    return Part(ok=True)


def _history() -> Part:
    found = setback()
    return Part(ok=found is None, detail=in_words(found) if found else "")


def _oldest_due(now: datetime) -> Part:
    # A replay gives way to live events, for as long as need be.
    live = Cursor.objects.to_send(now).filter(kind=Cursor.Kind.LIVE)
    oldest = live.aggregate(since=Min("due_at"))["since"]
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


def _backlog() -> Part:
    load = look()
    if load.backlog_full:
        detail = f"{load.waiting:,} events wait, and no more are taken."
        return Part(ok=False, detail=detail)
    # One customer's backlog is no reason to send the others elsewhere.
    full = len(load.full_feeds)
    detail = f"Feeds that take no more events until some are delivered: {full}."
    return Part(ok=True, detail=detail if full else "")


def _storage() -> Part:
    if storage_full():
        return Part(ok=False, detail="There is no room left, and no events are taken.")
    return Part(ok=True)


def _retention(now: datetime) -> Part:
    """What is about to be deleted unsent. Nothing is broken: somebody may be asked."""
    found = list(expiring_of_all(now))
    if not found:
        return Part(ok=True)
    events, first = sum(e.events for e in found), min(e.first_at for e in found)
    return Part(
        ok=True,
        detail=f"Events that are deleted unsent from {first:%Y-%m-%d %H:%M} UTC on, unless"
        f" they can be sent: {events:,} of {len(found):,} feeds.",
    )
