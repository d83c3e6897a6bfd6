"""The delivery of a workspace's notices: to whom, by which channel, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.translation import gettext as _

from streams.alerts.models import Notice
from streams.alerts.people.notice_states import NoticeState, state_at, state_of
from streams.alerts.retention import KEPT_DAYS
from streams.portal.shared.access import (
    PortalRequest,
    signed_in,
    workspace_to_administer,
)

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpResponse

PER_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A notice with its status."""

    recipient: str
    alert: str
    about: str
    stream: str
    channel: str
    at: datetime  # when it was sent, or the time of the next attempt
    status: str
    tone: str  # the color of its badge
    failure: str  # of the last attempt; empty if it was sent


@signed_in
def notice_delivery(request: PortalRequest, public_id: str) -> HttpResponse:
    """List the notices to the people of a workspace, newest first."""
    access = workspace_to_administer(request, public_id)
    found = Notice.objects.filter(
        workspace=access.workspace, audience=Notice.Audience.WORKSPACE
    )
    related = found.select_related("recipient", "alert__stream").order_by("-pk")
    page = Paginator(related, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "access": access,
        "page": page,
        "rows": [_row(notice) for notice in page],
        "days": KEPT_DAYS,
    }
    return render(request, "portal/workspace/notice_delivery.html", context)


def _row(notice: Notice) -> DeliveryRow:
    status, tone = _status(notice)
    alert = notice.alert
    return DeliveryRow(
        recipient=notice.recipient.email,
        alert=str(alert.get_condition_display())
        if alert
        else str(notice.get_transition_display()),
        about=str(notice.get_transition_display()) if alert else "",
        stream=alert.stream.name if alert and alert.stream else "",
        channel=str(notice.get_channel_display()),
        at=state_at(notice),
        status=status,
        tone=tone,
        failure="" if notice.sent_at else str(notice.get_failure_display()),
    )


def _status(notice: Notice) -> tuple[str, str]:
    """Return the state of a notice, and the color of its badge."""
    state = state_of(notice)
    if state == NoticeState.WAITING and notice.digest_end:
        return _("In the next digest"), ""
    return str(state.label), state.tone
