"""Whether a connection sends: pause, resume, needs attention. Use it through services.py.

`Connection.status` and `Cursor.held` are written here and in services.py alone, always
together. Everything locks in one order (feed, cursors, connection), as the engine does,
so that no two can wait for each other.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction

from streams.audit.services import record
from streams.base.clock import now
from streams.connections.models import Connection
from streams.delivery.models import Cursor

if TYPE_CHECKING:
    from streams.connections.models import ConnectionQuerySet
    from streams.tenancy.models import User

ACTIVE, PAUSED, ATTENTION = Connection.Status


class Conflict(Exception):
    """The connection is not, or no longer, as somebody believes; told in words for people."""


class CannotPause(Conflict):
    """The connection does not send."""


class CannotResume(Conflict):
    """The connection sends, or is gone."""


class CannotRetry(Conflict):
    """Nothing waits, or the connection is held."""


@transaction.atomic
def pause(*, connection: Connection, actor: User | None) -> None:
    """Stop sending; events are held. A request under way still ends. Raises CannotPause."""
    if not turn(connection, of={ACTIVE}, to=PAUSED):
        raise CannotPause("Only a connection that sends can be paused.")
    note("connection.paused", connection, actor)


@transaction.atomic
def resume(*, connection: Connection, actor: User | None) -> None:
    """Send again, what was held first. Raises CannotResume."""
    if not turn(connection, of={PAUSED, ATTENTION}, to=ACTIVE):
        raise CannotResume("This connection sends already, or it was deleted.")
    note("connection.resumed", connection, actor)


@transaction.atomic
def need_attention(*, connection: Connection, reason: str) -> None:
    """Hold events until a person has looked; only if it is as the engine knew it.

    A refusal of a key that was replaced in the meantime says nothing of the new one.
    """
    if turn(connection, of={ACTIVE}, to=ATTENTION, reason=reason):
        note("connection.needs_attention", connection, None, reason=reason[:300])


@transaction.atomic
def retry_now(*, connection: Connection, actor: User | None) -> None:
    """Do not wait until the next try is due. Raises CannotRetry."""
    waiting = Cursor.objects.filter(connection=connection, held=False)
    if not waiting.exclude(due_at=None).update(due_at=now()):
        raise CannotRetry("Nothing waits to be tried, or the connection is held.")
    note("connection.retried", connection, actor)


def turn(
    connection: Connection,
    *,
    of: Collection[str],
    to: Connection.Status,
    reason: str = "",
) -> bool:
    """Go from one of these statuses to another, cursors with it; False: it is in none.

    Also False where it was deleted, or key and region are no longer what we know.
    """
    lock_cursors(connection)
    if (
        not as_known(connection)
        .filter(status__in=of)
        .update(status=to, status_reason=reason[:300], status_at=now())
    ):
        return False
    Cursor.objects.filter(connection=connection).update(held=to != ACTIVE)
    connection.refresh_from_db()
    return True


def lock_cursors(connection: Connection) -> None:
    """Before the connection itself: the engine locks in this order too."""
    cursors = Cursor.objects.filter(connection=connection).order_by("pk")
    list(cursors.select_for_update(no_key=True).values_list("pk"))


def as_known(connection: Connection) -> ConnectionQuerySet:
    """The row, if its key and region are still those that `connection` was read with."""
    return Connection.objects.current().filter(
        pk=connection.pk,
        key_fingerprint=connection.key_fingerprint,
        region=connection.region,
    )


def note(
    action: str, connection: Connection, actor: User | None, **detail: str | int | bool
) -> None:
    """The audit entry of what was done to a connection."""
    record(
        action,
        actor=actor,
        partner=None,  # the workspace names it
        workspace=connection.feed.workspace,
        connection=connection.public_id,
        key=f"…{connection.key_last4}",
        region=connection.region,
        **detail,
    )
