"""Acknowledge an alert of a workspace or a partner, each for its own people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.db.models import Prefetch
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from streams.alerts.models import Notice
from streams.alerts.people.acknowledging import acknowledge
from streams.alerts.people.models import AudienceState
from streams.portal.alerts.of_place import alert_to_handle
from streams.portal.shared.access import PortalRequest, signed_in
from streams.portal.shared.navigation_tags import in_place
from streams.portal.shared.way_back import way_back

if TYPE_CHECKING:
    from django.http import HttpResponse

    from streams.alerts.queries import AlertQuerySet

Audience = Notice.Audience
_DONE = {
    Audience.WORKSPACE: gettext_lazy(
        "You acknowledged the alert. The workspace gets no more reminders about it."
    ),
    Audience.PARTNER: gettext_lazy(
        "You acknowledged the alert. Your team gets no more reminders about it."
    ),
}
OTHERS = {Audience.WORKSPACE: Audience.PARTNER, Audience.PARTNER: Audience.WORKSPACE}


def with_acknowledgments(alerts: AlertQuerySet, audience: Audience) -> AlertQuerySet:
    """Load who of an audience takes care of each alert, and whether the other audience does.

    Each is the only one in `own_acknowledgments` or `other_acknowledgments`, if any.
    """
    done = AudienceState.objects.filter(acknowledged_at__isnull=False)
    own = done.filter(audience=audience).select_related("acknowledged_by")
    others = done.filter(audience=OTHERS[audience])
    return alerts.prefetch_related(
        Prefetch("states", own, to_attr="own_acknowledgments"),
        Prefetch("states", others, to_attr="other_acknowledgments"),
    )


@signed_in
@require_POST
def alert_acknowledge(request: PortalRequest, /, pk: int, **place: str) -> HttpResponse:
    """Note that the user takes care of an alert, which stops the reminders to its audience."""
    access, alert, audience = alert_to_handle(request, pk, **place)
    if acknowledge(alert=alert, audience=audience, actor=request.user):
        messages.success(request, _DONE[audience])
    else:
        messages.info(request, _("The alert is over, or someone acknowledged it."))
    return redirect(way_back(request, in_place(access, "alerts")))
