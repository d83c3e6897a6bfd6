"""Shared by all actions on a connection: the conflict, and the activity log entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.audit.services import record

if TYPE_CHECKING:
    from streams.connections.models import Connection
    from streams.tenancy.models import User


REPLACED = "connection.replaced"  # the key, the region, or both


class Conflict(Exception):
    """The connection is not in the state that the action needs. The message is for users."""


def record_action(
    action: str, connection: Connection, actor: User | None, **detail: str | int | bool
) -> None:
    """Write an activity log entry about a connection. It shows the end of the key."""
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
