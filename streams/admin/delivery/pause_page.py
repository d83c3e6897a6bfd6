"""The page that asks an operator for the reason before it pauses connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from streams.admin.shared.base import staff_of
from streams.admin.shared.links import page_url
from streams.admin.shared.row_ids import row_ids
from streams.base.text.validation import validate_one_line
from streams.connections.action_log import Conflict
from streams.connections.models import Connection
from streams.delivery.connection import status
from streams.delivery.models import Cursor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.admin import AdminSite
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

MOST = 100  # connections at a time, which the URL names
LIST = "admin:streams_connection_changelist"


class PauseForm(forms.Form):
    required_css_class = "required"
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        validators=[validate_one_line],
        help_text=gettext_lazy(
            "Members of the workspace see it. It is recorded in the activity log."
        ),
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


def ask(request: HttpRequest, chosen: QuerySet[Connection]) -> HttpResponse | None:
    """Redirect to the page for these connections; None, with a message: too many."""
    ids = list(chosen.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
    if len(ids) > MOST:
        text = _("Select at most %(count)s connections. To stop more, halt the stream.")
        messages.warning(request, text % {"count": MOST})
        return None
    query = {"connection": ids}
    return redirect(reverse("admin:streams_connection_pause", query=query))


def pause_connections(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """Show what a pause of the connections in the URL affects, then pause them."""
    if not request.user.has_perm("streams.change_connection"):
        raise PermissionDenied
    found = _connections(request)
    active = [one for one in found if one.status == Connection.Status.ACTIVE]
    if not active:
        messages.warning(request, _("None of these connections is active."))
        return redirect(LIST)
    form = PauseForm(request.POST or None)
    if form.is_valid():
        _pause(request, active, form.cleaned_data["reason"])
        return redirect(page_url(active[0]) if len(active) == 1 else LIST)
    rows = _with_queues(active)
    content = {
        **site.each_context(request),
        "opts": Connection._meta,
        "title": _("Pause delivery"),
        "form": form,
        "rows": rows,
        "queued": sum(queued for _, queued in rows),
        "left_out": len(found) - len(active),
    }
    return TemplateResponse(request, "admin/connection_pause.html", content)


def _connections(request: HttpRequest) -> list[Connection]:
    """Return the connections that the URL names."""
    ids = row_ids(request.GET.getlist("connection")[:MOST])
    rows = Connection.objects.current().filter(pk__in=ids).order_by("pk")
    return list(rows.select_related("feed__workspace", "feed__stream"))


def _with_queues(connections: Sequence[Connection]) -> list[tuple[Connection, int]]:
    """Add the number of queued events of each connection, with one query."""
    live = Cursor.objects.filter(connection__in=connections, kind=Cursor.Kind.LIVE)
    positions = dict(live.values_list("connection", "position"))
    return [
        (one, one.feed.head_seq - positions.get(one.pk, one.feed.head_seq))
        for one in connections
    ]


def _pause(request: HttpRequest, active: Sequence[Connection], reason: str) -> None:
    done = 0
    for connection in active:
        try:
            status.pause(connection=connection, actor=staff_of(request), reason=reason)
        except Conflict as refusal:
            messages.warning(request, f"{connection}: {refusal}")
        else:
            done += 1
    if done:
        text = ngettext(
            "Paused %(count)s connection.", "Paused %(count)s connections.", done
        )
        messages.success(request, text % {"count": f"{done:,}"})
