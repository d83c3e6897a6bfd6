"""Access by support: an operator opens the pages of a customer's workspace."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from streams.audit.models import AuditEntry
from streams.audit.services import record
from streams.base.clock import now

if TYPE_CHECKING:
    from streams.tenancy.models import User, Workspace

OPENED = "support.workspace_opened"
EVENTS_OPENED = "support.events_opened"
RECORDED_EVERY = timedelta(hours=1)


def record_access(action: str, *, workspace: Workspace, operator: User) -> None:
    """Record that an operator opened a workspace or its events, at most once an hour.

    Two requests at the same time may both be recorded.
    """
    recent = AuditEntry.objects.filter(
        workspace=workspace,
        at__gt=now() - RECORDED_EVERY,
        actor=operator,
        action=action,
    )
    if not recent.exists():
        record(action, actor=operator, workspace=workspace)
