"""The alert that a form of a workspace's or a partner's page is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404

from streams.alerts.models import Alert, Notice
from streams.portal.shared.access import (
    PartnerAccess,
    WorkspaceAccess,
    partner_to_see,
    workspace_to_edit,
)

if TYPE_CHECKING:
    from streams.portal.shared.access import PortalRequest

type Access = WorkspaceAccess | PartnerAccess


def alert_to_handle(
    request: PortalRequest, pk: int, public_id: str = "", slug: str = ""
) -> tuple[Access, Alert, Notice.Audience]:
    """Return an alert that the user may acknowledge and mute, and for whom.

    Editors and admins of a workspace may, and everyone in a partner's team. Raises Http404.
    """
    related = Alert.objects.select_related("workspace", "partner", "stream")
    if public_id:
        own = workspace_to_edit(request, public_id)
        alert = get_object_or_404(related, workspace=own.workspace, pk=pk)
        return own, alert, Notice.Audience.WORKSPACE
    access = partner_to_see(request, slug)
    alert = get_object_or_404(related, partner=access.partner, pk=pk)
    return access, alert, Notice.Audience.PARTNER
