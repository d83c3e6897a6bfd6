"""The feeds of a partner's customers whose events a session may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.events.models import Feed
from streams.sign_in.second_factor.workspaces import opens_all_workspaces

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from streams.portal.shared.access import PartnerAccess, PortalRequest


def feeds_to_see(request: PortalRequest, access: PartnerAccess) -> QuerySet[Feed]:
    """Return the feeds, without those of workspaces that require a missing second factor."""
    feeds = Feed.objects.filter(stream__partner=access.partner)
    if opens_all_workspaces(request, request.user):
        return feeds
    return feeds.filter(workspace__second_factor_required_at=None)
