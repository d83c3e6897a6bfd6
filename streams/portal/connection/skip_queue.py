"""Skip queued events that were received before a time: count them, then confirm."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext_lazy, ngettext

from streams.delivery.connection.queue_facts import oldest_queued_at
from streams.delivery.connection.skipping import (
    CannotSkip,
    NothingToSkip,
    queued_before,
    skip,
)
from streams.portal.connection.views import current_connection
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_edit,
)
from streams.portal.shared.form_choices import MAX_NUMBER, MomentField
from streams.portal.shared.navigation_tags import to
from streams.portal.status.loading import feed_status

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from streams.connections.models import Connection
    from streams.delivery.replay.filter import EventRange
    from streams.portal.status.loading import FeedStatus

# Events that are older are skipped.
PRESETS: tuple[tuple[timedelta, StrOrPromise], ...] = (
    (timedelta(0), gettext_lazy("All that are queued now")),
    (timedelta(hours=1), gettext_lazy("Older than 1 hour")),
    (timedelta(hours=24), gettext_lazy("Older than 24 hours")),
    (timedelta(days=7), gettext_lazy("Older than 7 days")),
)


class SkipForm(forms.Form):
    """The time before which queued events were received."""

    before = MomentField(gettext_lazy("Received before"), required=True)


class ConfirmedForm(forms.Form):
    """The last event of the preview."""

    up_to = forms.IntegerField(min_value=1, max_value=MAX_NUMBER)


@signed_in
def connection_skip(request: PortalRequest, public_id: str) -> HttpResponse:
    """Ask for a time; with a time, preview the events; on POST, skip them."""
    access = workspace_to_edit(request, public_id)
    current = current_connection(access)
    if request.method == "POST":
        return _skip(request, access, current)
    form = SkipForm(request.GET if "before" in request.GET else None)
    if form.is_valid():
        try:
            span = queued_before(current, form.cleaned_data["before"])
        except NothingToSkip as error:
            form.add_error("before", str(error))
        else:
            return _preview(request, access, form, span)
    found = feed_status(access)
    context = {
        "access": access,
        "form": form,
        "status": found.status,
        "presets": _presets(access, found),
    }
    return render(request, "portal/connection/skip.html", context)


def _presets(
    access: WorkspaceAccess, found: FeedStatus
) -> list[tuple[StrOrPromise, str]]:
    """Return the presets that would skip something, each with the URL of its preview."""
    oldest = oldest_queued_at(found.cursor) if found.cursor else None
    if oldest is None:
        return []
    times = [(label, found.now - age) for age, label in PRESETS]
    return [
        (label, to(access, "connection-skip", before=at.isoformat()))
        for label, at in times
        if at > oldest
    ]


def _preview(
    request: PortalRequest, access: WorkspaceAccess, form: SkipForm, span: EventRange
) -> HttpResponse:
    found = feed_status(access)
    context = {
        "access": access,
        "before": form.cleaned_data["before"],
        "span": span,
        "left": found.status.queued - span.size,
        "status": found.status,
    }
    return render(request, "portal/connection/skip_preview.html", context)


def _skip(
    request: PortalRequest, access: WorkspaceAccess, current: Connection
) -> HttpResponse:
    form = ConfirmedForm(request.POST)
    if not form.is_valid():
        return redirect(to(access, "connection-skip"))
    try:
        span = skip(
            connection=current, up_to=form.cleaned_data["up_to"], actor=request.user
        )
    except CannotSkip as error:
        messages.error(request, str(error))
        return redirect(to(access, "connection"))
    messages.success(request, _skipped(access, span))
    return redirect(to(access, "connection"))


def _skipped(access: WorkspaceAccess, span: EventRange) -> str:
    """Say what was skipped, with a link that leads to a replay of it."""
    text = ngettext(
        '{total} event skipped. <a href="{href}">Replay it</a> to send it after all.',
        '{total} events skipped. <a href="{href}">Replay them</a> to send them after all.',
        span.size,
    )
    href = to(access, "replay-new", first=span.first, last=span.end)
    return format_html(text, total=f"{span.size:,}", href=href)
