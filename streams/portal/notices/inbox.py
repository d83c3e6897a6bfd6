"""The inbox: notices about alerts of all the user's workspaces and partners."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from streams.alerts.emails import page_of, reminder_of, title_of
from streams.alerts.models import Notice
from streams.alerts.other_notices import (
    other_page_of,
    other_sentence_of,
    other_title_of,
)
from streams.alerts.partner_emails import partner_page, title_for_partner
from streams.alerts.people.inbox import inbox_of, mark_read
from streams.alerts.retention import KEPT_DAYS
from streams.base.clock import now
from streams.portal.shared.access import PortalRequest, signed_in, workspace_to_see
from streams.sign_in.second_factor.workspaces import opens_all_workspaces

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.alerts.people.notice import NoticeQuerySet

PER_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """A notice, as a row of the inbox."""

    pk: int
    title: str
    reason: str  # Segment's response, or similar; empty if there is none
    place: str  # the workspace or the partner
    at: datetime
    is_unread: bool


class ReadForm(forms.Form):
    """The notice to mark as read; empty: all of them."""

    notice = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


@signed_in
def inbox(request: PortalRequest) -> HttpResponse:
    """List the user's notices, newest first."""
    found = _with_alerts(request)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "access": None,
        "page": page,
        "rows": [_row(notice) for notice in page],
        "days": KEPT_DAYS,
    }
    return render(request, "portal/notices/inbox.html", context)


@signed_in
def inbox_notice(request: PortalRequest, pk: int) -> HttpResponse:
    """Redirect to the page that fixes the alert, and mark the notice as read."""
    notice = _with_alerts(request).filter(pk=pk).first()
    if notice is None:
        raise Http404
    # An operator who views the portal as the user reads it for them, and changes nothing.
    if "impersonation" not in request.__dict__:
        mark_read(_inbox(request), now(), ids=[pk])
    return redirect(_page(request, notice))


@signed_in
@require_POST
def inbox_read(request: PortalRequest) -> HttpResponse:
    """Mark one notice as read, or all."""
    form = ReadForm(request.POST)
    if not form.is_valid():
        raise Http404
    pk = form.cleaned_data["notice"]
    count = mark_read(_inbox(request), now(), ids=None if pk is None else [pk])
    if pk is None:
        text = ngettext(
            "Marked %(count)s notice as read.",
            "Marked %(count)s notices as read.",
            count,
        )
        messages.success(request, text % {"count": count})
    return redirect("portal:inbox")


def _inbox(request: PortalRequest) -> NoticeQuerySet:
    opens_all = opens_all_workspaces(request, request.user)
    return inbox_of(request.user, opens_all=opens_all)


def _with_alerts(request: PortalRequest) -> QuerySet[Notice]:
    return _inbox(request).select_related(
        "workspace",
        "partner",
        "endpoint",
        "alert__workspace",
        "alert__stream",
        "alert__partner",
    )


def _row(notice: Notice) -> InboxRow:
    title, reason = _words(notice)
    assert notice.sent_at is not None  # noqa: S101 - only these are in the inbox
    return InboxRow(
        pk=notice.pk,
        title=title,
        reason=reason,
        place=str(notice.partner or notice.workspace),
        at=notice.sent_at,
        is_unread=notice.read_at is None,
    )


def _words(notice: Notice) -> tuple[str, str]:
    """Return the title and the reason of a notice."""
    if notice.alert_id is None:
        return other_title_of(notice), other_sentence_of(notice)
    if notice.partner:
        return title_for_partner(notice), ""
    alert = notice.about
    if notice.transition == Notice.Transition.CLOSED:
        return _("Recovered: %(alert)s") % {"alert": title_of(alert)}, ""
    if notice.transition == Notice.Transition.REMIND:
        return reminder_of(alert), alert.reason
    return title_of(alert), alert.reason


def _page(request: PortalRequest, notice: Notice) -> str:
    if notice.alert_id is None:
        return other_page_of(notice)
    if notice.partner:
        return partner_page(notice.about)
    alert = notice.about
    if alert.workspace is None:
        return reverse("portal:inbox")
    access = workspace_to_see(request, alert.workspace.public_id)
    return page_of(alert, can_edit=access.can_edit) or reverse("portal:inbox")
