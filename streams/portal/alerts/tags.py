"""Template tags about alerts, built in to every template (settings.TEMPLATES)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django import template

from streams.alerts.conditions.all_rules import BY_CONDITION
from streams.alerts.emails import page_of, sentence_of
from streams.alerts.models import Alert
from streams.alerts.partner_emails import partner_page_of_one
from streams.alerts.texts import PARTNER_SENTENCES
from streams.portal.alerts.on_page import alerts_of_page, alerts_of_partner_page
from streams.portal.shared.access import WorkspaceAccess

if TYPE_CHECKING:
    from datetime import datetime

    from django.template.context import RequestContext

    from streams.portal.shared.access import PartnerAccess, PortalRequest

register = template.Library()

MOST = 3  # alerts on the page that fixes them


@register.simple_tag
def page_of_alert(access: WorkspaceAccess | PartnerAccess, alert: Alert) -> str:
    """Return the URL of the page that fixes an alert, as its notices have it."""
    if isinstance(access, WorkspaceAccess):
        return page_of(alert, can_edit=access.can_edit)
    return partner_page_of_one(alert)


@register.simple_tag
def sentence_of_alert(access: WorkspaceAccess | PartnerAccess, alert: Alert) -> str:
    """Return one sentence or two about what an open alert means; empty: it has none."""
    if isinstance(access, WorkspaceAccess):
        return sentence_of(alert)
    return str(PARTNER_SENTENCES.get(alert.condition, ""))


@register.simple_tag
def closing_time(alert: Alert) -> datetime | None:
    """Return when an open alert may close, because its problem is over; None: it goes on."""
    rule = BY_CONDITION.get(Alert.Condition(alert.condition))
    if alert.closed_at or alert.calm_since is None or rule is None:
        return None
    return alert.calm_since + rule.closes_after


@register.inclusion_tag("portal/shared/_alerts_here.html", takes_context=True)
def alerts_here(context: RequestContext) -> dict[str, object]:
    """Render up to MOST open alerts that lead to this page, and a link to all."""
    request, access = context.request, context.get("access")
    asked = cast("PortalRequest", request)
    match = request.resolver_match
    page = (match.url_name if match else "") or ""
    acknowledges = True
    if isinstance(access, WorkspaceAccess):
        found, acknowledges = alerts_of_page(access, page), access.can_edit
    elif access is not None and match is not None:
        found = alerts_of_partner_page(asked, access, page, **match.kwargs)
    else:
        found = []
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "access": access,
        "alerts": found[:MOST],
        "is_workspace": isinstance(access, WorkspaceAccess),
        "acknowledges": acknowledges,
    }
