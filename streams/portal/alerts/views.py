"""Alerts of the last 90 days: open ones first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import render

from streams.alerts.models import Alert, Notice
from streams.alerts.people.muting import MuteFor
from streams.alerts.retention import KEPT_DAYS
from streams.portal.alerts.acknowledging import with_acknowledgments
from streams.portal.alerts.filters import AlertFilter
from streams.portal.alerts.muting import with_mutes
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_see,
    signed_in,
    workspace_to_see,
)
from streams.sign_in.second_factor.workspaces import opens_all_workspaces

if TYPE_CHECKING:
    from django.http import HttpResponse

    from streams.alerts.queries import AlertQuerySet

PER_PAGE = 50
_OPENED = Q(
    notices__transition=Notice.Transition.OPENED,
    notices__audience=Notice.Audience.WORKSPACE,
    notices__channel=Notice.Channel.EMAIL,
)


@signed_in
def alerts(request: PortalRequest, public_id: str) -> HttpResponse:
    """List the alerts of all streams, with how many people got an email."""
    access = workspace_to_see(request, public_id)
    own = Alert.objects.of(access.workspace)
    shown = _with_people(_with_emails(own), Notice.Audience.WORKSPACE)
    context = {
        "access": access,
        **_page(request, own, shown),
    }
    return render(request, "portal/workspace/alerts.html", context)


@signed_in
def partner_alerts(request: PortalRequest, slug: str) -> HttpResponse:
    """List the alerts of a partner's streams and of its customers' workspaces.

    Without those of workspaces that require a second factor that the session lacks.
    """
    access = partner_to_see(request, slug)
    own = Alert.objects.filter(partner=access.partner).open_first()
    if not opens_all_workspaces(request, request.user):
        own = own.filter(workspace__second_factor_required_at=None)
    named = own.select_related("stream", "workspace", "partner")
    shown = _with_people(named, Notice.Audience.PARTNER)
    context = {
        "access": access,
        **_page(request, own, shown),
    }
    return render(request, "portal/partner/alerts.html", context)


def _with_people(alerts: AlertQuerySet, audience: Notice.Audience) -> AlertQuerySet:
    """Load who of an audience acknowledged and muted each alert."""
    return with_acknowledgments(with_mutes(alerts, audience), audience)


def _with_emails(alerts: AlertQuerySet) -> AlertQuerySet:
    unfinished = Q(
        notices__sent_at=None, notices__dropped_at=None, notices__given_up_at=None
    )
    return alerts.annotate(
        emailed=Count("notices", _OPENED & ~Q(notices__sent_at=None)),
        waiting=Count("notices", _OPENED & unfinished),
    )


def _page(
    request: PortalRequest, own: AlertQuerySet, shown: AlertQuerySet
) -> dict[str, object]:
    chosen = AlertFilter.of(request.GET)
    pages = Paginator(chosen.apply(shown), PER_PAGE)
    return {
        "page": pages.get_page(request.GET.get("page")),
        "filter": chosen,
        "statuses": chosen.statuses(own),
        "kinds": chosen.kinds(own),
        "days": KEPT_DAYS,
        "durations": MuteFor.choices,
    }
