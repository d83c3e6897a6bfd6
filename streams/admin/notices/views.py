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
from streams.alerts.people.choices import choose, current
from streams.alerts.people.inbox import inbox_of_operator, mark_read
from streams.alerts.people.recipients import Portal
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
        "rows": [(notice, operator_title_of(notice)) for notice in page],
        "days": KEPT_DAYS,
    }
    return TemplateResponse(request, "admin/inbox.html", content)


def inbox_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Redirect to the alert, and mark the notice as read."""
    found = inbox_of_operator(_operator(request))
    notice: Notice = get_object_or_404(found.select_related("alert"), pk=pk)
    mark_read(found, now(), ids=[pk])
    return redirect(operator_page(notice.about))


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
    }
    return TemplateResponse(request, "admin/notifications.html", content)


def _operator(request: HttpRequest) -> User:
    """Return the user. Raises PermissionDenied for those who may not see alerts."""
    user = staff_of(request)
    if not user.has_perm(SEES_ALERTS):
        raise PermissionDenied
    return user
