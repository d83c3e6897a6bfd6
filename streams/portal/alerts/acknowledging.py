"""Acknowledge an alert of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.alerts.models import Alert
from streams.alerts.people.acknowledging import acknowledge
from streams.portal.shared.access import PortalRequest, signed_in, workspace_to_edit
from streams.portal.shared.navigation_tags import to

if TYPE_CHECKING:
    from django.http import HttpResponse


@signed_in
@require_POST
def alert_acknowledge(request: PortalRequest, public_id: str, pk: int) -> HttpResponse:
    """Note that the user takes care of an alert, which stops its reminders."""
    access = workspace_to_edit(request, public_id)
    alert = get_object_or_404(Alert.objects.of(access.workspace), pk=pk)
    if acknowledge(alert=alert, actor=request.user):
        text = _("You acknowledged the alert. There are no more reminders about it.")
        messages.success(request, text)
    else:
        messages.info(request, _("The alert is over, or someone acknowledged it."))
    return redirect(to(access, "alerts"))
