"""Template tags about alerts, built in to every template (settings.TEMPLATES)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from streams.alerts.emails import page_of
from streams.alerts.partner_emails import partner_page_of_one
from streams.portal.shared.access import WorkspaceAccess

if TYPE_CHECKING:
    from streams.alerts.models import Alert
    from streams.portal.shared.access import PartnerAccess

register = template.Library()


@register.simple_tag
def page_of_alert(access: WorkspaceAccess | PartnerAccess, alert: Alert) -> str:
    """Return the URL of the page that fixes an alert, as its notices have it."""
    if isinstance(access, WorkspaceAccess):
        return page_of(alert, can_edit=access.can_edit)
    return partner_page_of_one(alert)
