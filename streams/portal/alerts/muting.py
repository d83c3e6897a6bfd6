"""Mute alerts of a workspace for its people, and of a partner for its team."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.db.models import Prefetch
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.alerts.models import Notice
from streams.alerts.people.models import Mute
from streams.alerts.people.muting import MuteFor, mute, unmute
from streams.portal.alerts.of_place import alert_to_handle
from streams.portal.shared.access import PortalRequest, signed_in
from streams.portal.shared.navigation_tags import in_place

if TYPE_CHECKING:
    from django.http import HttpResponse

    from streams.alerts.queries import AlertQuerySet

Audience = Notice.Audience


class MuteForm(forms.Form):
    """How long an alert is muted."""

    how_long = forms.ChoiceField(choices=MuteFor.choices)


def with_mutes(alerts: AlertQuerySet, audience: Audience) -> AlertQuerySet:
    """Load each alert's mute for an audience, if any, as the only one in `own_mutes`."""
    own = Mute.objects.filter(audience=audience).select_related("muted_by")
    return alerts.prefetch_related(Prefetch("mutes", own, to_attr="own_mutes"))


@signed_in
@require_POST
def alert_mute(request: PortalRequest, /, pk: int, **place: str) -> HttpResponse:
    """Mute an alert for the people of the workspace or the partner."""
    access, alert, audience = alert_to_handle(request, pk, **place)
    form = MuteForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Select how long the alert is muted."))
        return redirect(in_place(access, "alerts"))
    how_long = MuteFor(form.cleaned_data["how_long"])
    if mute(alert=alert, audience=audience, how_long=how_long, actor=request.user):
        messages.success(request, _("Muted the alert."))
    else:
        messages.info(request, _("The alert is over."))
    return redirect(in_place(access, "alerts"))


@signed_in
@require_POST
def alert_unmute(request: PortalRequest, /, pk: int, **place: str) -> HttpResponse:
    """Undo the mute of an alert."""
    access, alert, audience = alert_to_handle(request, pk, **place)
    if unmute(alert=alert, audience=audience, actor=request.user):
        messages.success(request, _("Unmuted the alert."))
    else:
        messages.info(request, _("The alert isn't muted."))
    return redirect(in_place(access, "alerts"))
