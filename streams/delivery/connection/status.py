"""The status of a connection: pause, resume, needs attention.

Only this module and services.py write `Connection.status` and `Cursor.held`, always
together. All code locks in the same order as the engine (feed, cursors, connection), which
rules out deadlocks.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from streams.base.clock import now
from streams.connections.action_log import Conflict, record_action
from streams.connections.models import Connection
from streams.delivery.models import Cursor
from streams.delivery.wake import wake_after_commit

if TYPE_CHECKING:
    from streams.tenancy.models import User

ACTIVE, PAUSED, ATTENTION = Connection.Status


class CannotPause(Conflict):
    """The connection is not active."""


class CannotResume(Conflict):
    """The connection is active or deleted."""


class CannotRetry(Conflict):
    """No event is queued, or delivery is stopped."""


@transaction.atomic
def pause(*, connection: Connection, actor: User | None, reason: str = "") -> None:
    """Stop delivery and queue events; a running request completes. Raises CannotPause.

    Operators give a reason, which members of the workspace see. Members give none.
    """
    if not change_status(connection, of={ACTIVE}, to=PAUSED, reason=reason):
        raise CannotPause(_("This connection can't be paused because it isn't active."))
    detail = {"reason": reason} if reason else {}
    record_action("connection.paused", connection, actor, **detail)


@transaction.atomic
def resume(*, connection: Connection, actor: User | None) -> None:
    """Resume delivery with the queued events. Raises CannotResume."""
    if not change_status(connection, of={PAUSED, ATTENTION}, to=ACTIVE):
        raise CannotResume(_("This connection is already active, or it was deleted."))
    wake_after_commit({connection.feed.stream_id})
    record_action("connection.resumed", connection, actor)


@transaction.atomic
def need_attention(*, connection: Connection, reason: str) -> None:
    """Stop delivery until someone resumes it, unless key or region have changed.

    A rejected key that was replaced in the meantime says nothing about the new key.
    """
    if change_status(connection, of={ACTIVE}, to=ATTENTION, reason=reason):
        record_action(
            "connection.needs_attention", connection, None, reason=reason[:300]
        )


@transaction.atomic
def retry_now(*, connection: Connection, actor: User | None) -> None:
    """Retry without waiting for the next attempt. Raises CannotRetry."""
    waiting = Cursor.objects.filter(connection=connection, held=False)
    if not waiting.exclude(due_at=None).update(due_at=now()):
        raise CannotRetry(_("No events are queued, or the connection isn't active."))
    wake_after_commit({connection.feed.stream_id})
    record_action("connection.retried", connection, actor)


def change_status(
    connection: Connection,
    *,
    of: Collection[str],
    to: Connection.Status,
    reason: str = "",
) -> bool:
    """Change the status of a connection and its cursors; False if it is in none of `of`.

    Also False if the connection was deleted, or its key or region has changed.
    """
    Cursor.objects.lock_of(connection)
    unchanged = Connection.objects.unchanged(connection).filter(status__in=of)
    if not unchanged.update(status=to, status_reason=reason[:300], status_at=now()):
        return False
    Cursor.objects.filter(connection=connection).update(held=to != ACTIVE)
    connection.refresh_from_db()
    return True
