"""A workspace's alerts: open ones first, and those of the last 90 days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import render

from streams.alerts.models import Alert, Notice
from streams.alerts.retention import KEPT_DAYS
from streams.portal.shared.access import PortalRequest, signed_in, workspace_to_see

if TYPE_CHECKING:
    from django.http import HttpResponse

PER_PAGE = 50
_OPENED = Q(
    notices__transition=Notice.Transition.OPENED,
    notices__audience=Notice.Audience.WORKSPACE,
)


@signed_in
def alerts(request: PortalRequest, public_id: str) -> HttpResponse:
    """List the alerts of all streams, with how many admins got an email."""
    access = workspace_to_see(request, public_id)
    found = Alert.objects.of(access.workspace).annotate(
        emailed=Count("notices", _OPENED & ~Q(notices__sent_at=None)),
        waiting=Count(
            "notices",
            _OPENED
            & Q(
                notices__sent_at=None,
                notices__dropped_at=None,
                notices__given_up_at=None,
            ),
        ),
    )
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {"access": access, "page": page, "days": KEPT_DAYS}
    return render(request, "portal/workspace/alerts.html", context)
