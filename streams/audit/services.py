from __future__ import annotations

from typing import TYPE_CHECKING

from streams.audit.models import AuditEntry
from streams.audit.origin import current_origin
from streams.base.clock import now

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

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

    `actor` None is the system itself. `detail` must hold no secret; its `stream` is a slug,
    and its `member` the email of the person whom the entry is about.
    """
    origin = current_origin()
    AuditEntry.objects.create(
        at=now(),
        actor=actor,
        partner=partner or (workspace.partner if workspace else None),
        workspace=workspace,
        stream=str(detail.get("stream") or ""),
        action=action,
        detail=detail,
        address=origin.address,
        device=origin.device,
        member=str(detail.get("member") or ""),
    )


def record_each(
    action: str,
    workspaces: Iterable[tuple[Workspace, Mapping[str, str]]],
    *,
    at: datetime,
    actor: User | None = None,
    **detail: str | int | bool | None,
) -> None:
    """As `record`, of what was done in many workspaces, in one statement.

    Each workspace comes with what the entry says of it beside `detail`.
    """
    origin = current_origin()
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=at,
            actor=actor,
            partner_id=workspace.partner_id,
            workspace=workspace,
            stream=str(detail.get("stream") or ""),
            action=action,
            detail={**own, **detail},
            address=origin.address,
            device=origin.device,
        )
        for workspace, own in workspaces
    )
