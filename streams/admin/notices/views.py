from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from streams.admin.notices.forms import OperatorChoicesForm, kinds
from streams.admin.shared.base import staff_of
from streams.alerts.operators import operator_page, operator_title_of
from streams.alerts.other_notices import (
    other_page_of,
    other_sentence_of,
    other_title_of,
)
from streams.alerts.people.choices import choose, current
from streams.alerts.people.inbox import inbox_of_operator, mark_read
from streams.alerts.people.notice_states import state_of
from streams.alerts.people.recipients import Portal
from streams.alerts.people.testing import latest_tests, send_test
from streams.alerts.retention import KEPT_DAYS
from streams.base.clock import now

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

    from streams.alerts.models import Notice
    from streams.tenancy.models import User

PER_PAGE = 50
SEES_ALERTS = "streams.view_alert"


def inbox(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """List the operator's notices, newest first."""
    found = inbox_of_operator(_operator(request)).select_related("alert")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    content = {
        **site.each_context(request),
        "title": _("Inbox"),
        "page": page,
        "rows": [(notice, *_words(notice)) for notice in page],
        "days": KEPT_DAYS,
    }
    return TemplateResponse(request, "admin/inbox.html", content)


def inbox_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Redirect to the alert, and mark the notice as read."""
    found = inbox_of_operator(_operator(request))
    notice: Notice = get_object_or_404(found.select_related("alert"), pk=pk)
    mark_read(found, now(), ids=[pk])
    if notice.alert is None:
        return redirect(other_page_of(notice))
    return redirect(operator_page(notice.alert))


@require_POST
def inbox_read(request: HttpRequest) -> HttpResponse:
    """Mark all notices as read."""
    count = mark_read(inbox_of_operator(_operator(request)), now())
    text = ngettext(
        "Marked %(count)s notice as read.", "Marked %(count)s notices as read.", count
    )
    messages.success(request, text % {"count": count})
    return redirect("admin:inbox")


def notifications(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Show and change how the operator gets notices."""
    operator = _operator(request)
    chosen = current(operator, Portal(), kinds())
    form = OperatorChoicesForm(request.POST or None, kinds=chosen)
    if form.is_valid():
        choose(user=operator, owner=Portal(), choices=form.choices)
        messages.success(request, _("Saved your notification settings."))
        return redirect("admin:notifications")
    content: dict[str, Any] = {
        **site.each_context(request),
        "title": _("Notifications"),
        "form": form,
        "tests": [(one, state_of(one)) for one in latest_tests(operator, Portal())],
    }
    return TemplateResponse(request, "admin/notifications.html", content)


@require_POST
def notice_test(request: HttpRequest) -> HttpResponse:
    """Send the operator a test by each channel."""
    if send_test(user=_operator(request), owner=Portal()):
        text = _(
            "Sending a test within half a minute. Reload this page for its status."
        )
        messages.success(request, text)
    else:
        text = _("You sent several tests within an hour. Wait before you send another.")
        messages.error(request, text)
    return redirect("admin:notifications")


def _words(notice: Notice) -> tuple[str, str]:
    """Return the title and the details of a notice."""
    if notice.alert is None:
        return other_title_of(notice), other_sentence_of(notice)
    return operator_title_of(notice), notice.alert.reason


def _operator(request: HttpRequest) -> User:
    """Return the user. Raises PermissionDenied for those who may not see alerts."""
    user = staff_of(request)
    if not user.has_perm(SEES_ALERTS):
        raise PermissionDenied
    return user
