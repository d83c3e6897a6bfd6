"""The setting of a workspace when its events are late."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.alerts.conditions.lateness import (
    LONGEST,
    MINUTE,
    SHORTEST,
    set_late_after,
)
from streams.portal.shared.access import PortalRequest, signed_in, workspace_to_edit
from streams.portal.shared.navigation_tags import to
from streams.tenancy.members import PlaceRemoved

if TYPE_CHECKING:
    from django.http import HttpResponse


class AlertSettingsForm(forms.Form):
    """After how many minutes queued events are late."""

    late_after_minutes = forms.IntegerField(
        label=gettext_lazy("Events are late after (minutes)"),
        min_value=SHORTEST // MINUTE,
        max_value=LONGEST // MINUTE,
        help_text=gettext_lazy(
            "From 5 to 1,440 minutes (24 hours). The alert “Events are delivered late”"
            " opens when the oldest event that could be sent has waited this long."
        ),
    )


@signed_in
def alert_settings(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show and change when the events of a workspace are late."""
    access = workspace_to_edit(request, public_id)
    now = {"late_after_minutes": access.workspace.late_after // MINUTE}
    form = AlertSettingsForm(request.POST or None, initial=now)
    if form.is_valid():
        late_after = timedelta(minutes=form.cleaned_data["late_after_minutes"])
        try:
            set_late_after(
                workspace=access.workspace, late_after=late_after, actor=request.user
            )
        except PlaceRemoved as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Saved. It takes effect within a minute."))
        return redirect(to(access, "alerts"))
    page = {"access": access, "form": form}
    return render(request, "portal/workspace/alert_settings.html", page)
