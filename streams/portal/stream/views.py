"""A partner's streams, their settings, and the API tokens of its servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.base.clock import now
from streams.catalog.identity_settings import choose_identity
from streams.catalog.services import change_stream, choose_spec_exceptions
from streams.catalog.setting_conflicts import SettingsConflict
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_develop,
    partner_to_see,
    signed_in,
    stream_of,
)
from streams.portal.shared.navigation_tags import within
from streams.portal.stream.bill_effects import bill_effects, choices_key
from streams.portal.stream.forms import ReadingsForm, StreamForm, TokenForm
from streams.portal.stream.identity_form import IdentityForm
from streams.tenancy.services import AlreadyRevoked, create_token, revoke_token
from streams.web.recent_sign_in import confirmed, confirmed_changes

if TYPE_CHECKING:
    from streams.catalog.models import Stream
    from streams.portal.shared.access import PartnerAccess


@signed_in
def streams(request: PortalRequest, slug: str) -> HttpResponse:
    access = partner_to_see(request, slug)
    context = {"access": access, "streams": access.partner.streams.order_by("name")}
    return render(request, "portal/stream/streams.html", context)


@signed_in
def stream(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Show a stream's settings; a POST changes them."""
    changes = request.method == "POST"
    access = (partner_to_develop if changes else partner_to_see)(request, slug)
    found = stream_of(access, stream_slug)
    form = StreamForm.of(found, request.POST or None)
    if form.is_valid():
        try:
            change_stream(stream=found, actor=request.user, **form.cleaned_data)
        except SettingsConflict as conflict:
            form = StreamForm.after(conflict)
        else:
            messages.success(request, _("Settings saved."))
            return redirect(within(access, "partner-stream", stream_slug))
    return _settings(request, access, found, form)


def _settings(
    request: PortalRequest,
    access: PartnerAccess,
    stream: Stream,
    form: StreamForm,
    identity: IdentityForm | None = None,
    **more: object,
) -> HttpResponse:
    disabled = not access.can_develop
    for field in form.fields.values():
        field.disabled = disabled
    context = {
        "access": access,
        "stream": stream,
        "form": form,
        "identity": identity or IdentityForm.of(stream, disabled=disabled),
        "readings": ReadingsForm.of(stream, disabled=disabled),
        **more,
    }
    return render(request, "portal/stream/settings.html", context)


@signed_in
@require_POST
def readings(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Save the Spec exceptions of a stream."""
    access = partner_to_develop(request, slug)
    found = stream_of(access, stream_slug)
    form = ReadingsForm(request.POST)
    if form.is_valid():
        choose_spec_exceptions(stream=found, actor=request.user, **form.cleaned_data)
        messages.success(request, _("Exceptions saved."))
    else:  # values that the form never offered
        messages.error(request, _("Select only exceptions from the list."))
    return redirect(within(access, "partner-stream", stream_slug))


@signed_in
@require_POST
def identity(request: PortalRequest, slug: str, stream_slug: str) -> HttpResponse:
    """Save how a stream finds the userIds of its events.

    Choices that can add tracked users are saved once their effect was shown.
    """
    access = partner_to_develop(request, slug)
    found = stream_of(access, stream_slug)
    form = IdentityForm.of(found, request.POST)
    if not form.is_valid():
        return _settings(request, access, found, StreamForm.of(found), form)
    effects = bill_effects(found, form.cleaned_data)
    key = choices_key(form.cleaned_data)
    if effects and request.POST.get("confirmed") != key:
        more = {"effects": effects, "confirmed": key}
        return _settings(request, access, found, StreamForm.of(found), form, **more)
    choose_identity(stream=found, actor=request.user, **form.cleaned_data)
    messages.success(request, _("Settings saved."))
    return redirect(within(access, "partner-stream", stream_slug))


@signed_in
@confirmed_changes
def tokens(request: PortalRequest, slug: str) -> HttpResponse:
    """List the API tokens; the response to a POST shows the new one once."""
    makes = request.method == "POST"
    access = (partner_to_develop if makes else partner_to_see)(request, slug)
    wanted = request.GET.get("stream", "")  # of the page that leads here
    form = TokenForm(access.partner, request.POST or None, slug=wanted)
    secret, send = None, ""
    if form.is_valid():
        token, secret = create_token(actor=request.user, **form.cleaned_data)
        send = within(access, "partner-stream-send", token.stream.slug)
        form = TokenForm(access.partner, slug=wanted)
    tokens = access.partner.tokens.exclude(is_internal=True, revoked_at__isnull=False)
    all_streams = access.partner.streams.all()
    context = {
        "access": access,
        "tokens": tokens.select_related("stream", "created_by").order_by("-pk"),
        "streams": all_streams,
        "now": now(),
        "form": form if access.can_develop and all_streams else None,
        "secret": secret.text if secret else "",
        "send": send,
    }
    response = render(request, "portal/stream/tokens.html", context)
    if secret:  # the form was processed: see web/duplicate_submits.py
        response.status_code, response.headers["Location"] = 201, request.path
    return response


@signed_in
@confirmed
def token_revoke(request: PortalRequest, slug: str, pk: int) -> HttpResponse:
    """Ask for confirmation; a POST revokes the token."""
    access = partner_to_develop(request, slug)
    token = get_object_or_404(access.partner.tokens, pk=pk)
    if request.method == "POST":
        try:
            revoke_token(token=token, actor=request.user)
        except AlreadyRevoked as error:
            messages.error(request, str(error))
        else:
            revoked = _("API token “%(token)s” revoked.") % {"token": token.name}
            messages.success(request, revoked)
        return redirect(within(access, "partner-tokens"))
    context = {"access": access, "token": token}
    return render(request, "portal/stream/token_revoke.html", context)
