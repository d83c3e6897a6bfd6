"""Acknowledge an alert of a workspace or a partner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.alerts.people.acknowledging import acknowledge
from streams.portal.alerts.of_place import alert_to_handle
from streams.portal.shared.access import PortalRequest, signed_in
from streams.portal.shared.navigation_tags import in_place

if TYPE_CHECKING:
    from django.http import HttpResponse


@signed_in
@require_POST
def alert_acknowledge(request: PortalRequest, /, pk: int, **place: str) -> HttpResponse:
    """Note that the user takes care of an alert, which stops its reminders."""
    access, alert, _audience = alert_to_handle(request, pk, **place)
    if acknowledge(alert=alert, actor=request.user):
        text = _("You acknowledged the alert. There are no more reminders about it.")
        messages.success(request, text)
    else:
        messages.info(request, _("The alert is over, or someone acknowledged it."))
    return redirect(in_place(access, "alerts"))
