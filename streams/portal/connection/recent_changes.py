"""Recent changes to a connection: who did what, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.audit.models import AuditEntry
from streams.portal.shared.activity_rows import ActivityRow, activity_row

if TYPE_CHECKING:
    from streams.portal.shared.access import WorkspaceAccess

SHOWN = 10


def recent_changes(access: WorkspaceAccess) -> list[ActivityRow]:
    """Return the newest changes to the feed's connections, deleted ones included."""
    connections = list(access.the_feed.connections.values_list("public_id", flat=True))
    entries = (
        AuditEntry.objects.filter(
            workspace=access.workspace, detail__connection__in=connections
        )
        .exclude(
            action__startswith="replay."
        )  # they change no setting, and have a list
        .select_related("actor", "workspace")
        .order_by("-at", "-pk")[:SHOWN]
    )
    members = set(access.workspace.members.values_list("pk", flat=True))
    return [activity_row(entry, members) for entry in entries]
