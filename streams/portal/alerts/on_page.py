"""The open alerts that lead to a page, which the page shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from streams.alerts.emails import page_name
from streams.alerts.models import Alert, Notice
from streams.alerts.texts import (
    CUSTOMERS_PAGE,
    FOR_VIEWERS,
    PAGES,
    PARTNER_PAGES,
    PARTNER_STREAM_PAGES,
    STATUS_PAGE,
)
from streams.portal.alerts.acknowledging import with_acknowledgments
from streams.sign_in.second_factor.workspaces import opens_all_workspaces

if TYPE_CHECKING:
    from streams.portal.shared.access import (
        PartnerAccess,
        PortalRequest,
        WorkspaceAccess,
    )

_OF_PARTNERS = PARTNER_PAGES | PARTNER_STREAM_PAGES
_PAGES = {page for _, page in PAGES.values()} | {STATUS_PAGE[1], *FOR_VIEWERS}
MOST = 20  # alerts to read of a partner


def leads_to(alert: Alert, page: str) -> bool:
    """Whether an alert of a workspace leads to a page, for people who may edit or who view."""
    return page in {page_name(alert, can_edit=can_edit) for can_edit in (True, False)}


def alerts_of_page(access: WorkspaceAccess, page: str) -> list[Alert]:
    """Return the open alerts of the feed that lead to a page of its workspace, newest first."""
    if access.feed is None or page not in _PAGES:
        return []
    own = Alert.objects.of(access.workspace).problems()
    of_stream = own.filter(stream=access.feed.stream_id)
    shown = with_acknowledgments(of_stream, Notice.Audience.WORKSPACE)
    return [alert for alert in shown if leads_to(alert, page)]


def alerts_of_partner_page(
    request: PortalRequest,
    access: PartnerAccess,
    page: str,
    *,
    public_id: str = "",
    stream_slug: str = "",
    **_others: object,
) -> list[Alert]:
    """Return up to MOST open alerts that lead to a page of a partner, newest first.

    Without those of workspaces that require a second factor that the session lacks.
    """
    of_page = [one for one, (_, name) in _OF_PARTNERS.items() if name == page]
    if page in (CUSTOMERS_PAGE[1], "partner-workspace"):
        chosen = ~Q(condition__in=_OF_PARTNERS)
    elif of_page:
        chosen = Q(condition__in=of_page)
    else:
        return []
    if public_id:
        chosen &= Q(workspace__public_id=public_id)
    if stream_slug:
        chosen &= Q(stream__slug=stream_slug)
    own = Alert.objects.problems().filter(chosen, partner=access.partner).open_first()
    if not opens_all_workspaces(request, request.user):
        own = own.exclude(workspace__second_factor_required_at__isnull=False)
    named = own.select_related("workspace", "stream", "partner")
    return list(with_acknowledgments(named, Notice.Audience.PARTNER)[:MOST])
