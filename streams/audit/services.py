from __future__ import annotations

from typing import TYPE_CHECKING

from streams.audit.models import AuditEntry
from streams.base.clock import now

if TYPE_CHECKING:
    from streams.tenancy.models import Partner, User, Workspace


def record(
    action: str,
    *,
    actor: User | None,
    partner: Partner | None = None,
    workspace: Workspace | None = None,
    **detail: str | int | bool | None,
) -> None:
    """Write down who did what, within the transaction that does it.

    `actor` None is the system itself. `detail` must hold no secret; its `stream` is a slug.
    """
    AuditEntry.objects.create(
        at=now(),
        actor=actor,
        partner=partner or (workspace.partner if workspace else None),
        workspace=workspace,
        stream=str(detail.get("stream") or ""),
        action=action,
        detail=detail,
    )
