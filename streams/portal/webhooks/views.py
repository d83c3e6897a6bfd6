"""The webhook endpoints of a workspace or a partner, for its admins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from streams.alerts.webhooks import services
from streams.alerts.webhooks.disabling import enable as enable_endpoint
from streams.alerts.webhooks.models import WebhookEndpoint
from streams.alerts.webhooks.services import TooManyEndpoints
from streams.base.clock import now
from streams.portal.shared.access import (
    PartnerAccess,
    PortalRequest,
    WorkspaceAccess,
    partner_to_administer,
    signed_in,
    workspace_to_administer,
)
from streams.portal.shared.navigation_tags import in_place
from streams.portal.webhooks.forms import ChangedEndpointForm, NewEndpointForm
from streams.web.recent_sign_in import confirmed, confirmed_changes

if TYPE_CHECKING:
    from django.http import QueryDict

    from streams.tenancy.models import Partner, Workspace

SHOWN = 50  # messages
WORKSPACE_LAYOUT = "portal/layouts/workspace.html"
PARTNER_LAYOUT = "portal/layouts/partner.html"
type _Access = WorkspaceAccess | PartnerAccess


@signed_in
@confirmed_changes
@sensitive_post_parameters("webhook_url")
def webhooks(request: PortalRequest, /, **place: str) -> HttpResponse:
    """List the endpoints; the response to a POST shows a new secret once."""
    access = _access(request, **place)
    owner = _owner(access)
    form = NewEndpointForm(request.POST or None, owner=owner)
    added, secret = None, ""
    if form.is_valid():
        try:
            added, secret = services.add_endpoint(
                owner=owner,
                kind=WebhookEndpoint.Kind(form.cleaned_data["kind"]),
                url=form.cleaned_data["webhook_url"],
                description=form.cleaned_data["description"],
                conditions=form.cleaned_data["conditions"],
                actor=request.user,
            )
        except TooManyEndpoints as error:
            form.add_error(None, str(error))
    if added and not secret:
        messages.success(request, _("Endpoint added. Next, send a test."))
        return redirect(in_place(access, "webhook", added.public_id))
    if added:
        form = NewEndpointForm(owner=owner)
    context = {
        **_frame(access),
        "rows": _rows(access),
        "form": form,
        "secret": secret,
        "test": added and in_place(access, "webhook", added.public_id) + "#messages",
        "most": services.MAX_ENDPOINTS,
    }
    response = render(request, "portal/webhooks/webhooks.html", context)
    return _created(request, response) if secret else response


@signed_in
@confirmed_changes
@sensitive_post_parameters("webhook_url")
def webhook(request: PortalRequest, /, endpoint_id: str, **place: str) -> HttpResponse:
    """Show an endpoint with its messages; a POST changes it."""
    access = _access(request, **place)
    endpoint = _found(access, endpoint_id)
    form = _changed(access, endpoint, request.POST or None)
    if form.is_valid():
        services.change_endpoint(
            endpoint=endpoint,
            url=form.cleaned_data["webhook_url"],
            description=form.cleaned_data["description"],
            conditions=form.cleaned_data["conditions"],
            actor=request.user,
        )
        messages.success(request, _("Changes saved."))
        return redirect(in_place(access, "webhook", endpoint_id))
    return _endpoint_page(request, access, endpoint, form)


@signed_in
@require_POST
@confirmed_changes
def secret(request: PortalRequest, /, endpoint_id: str, **place: str) -> HttpResponse:
    """Replace the signing secret, and show the new one once."""
    access = _access(request, **place)
    endpoint = _found(access, endpoint_id)
    if endpoint.is_slack:
        return redirect(in_place(access, "webhook", endpoint_id))
    new = services.rotate_secret(endpoint=endpoint, actor=request.user)
    endpoint.refresh_from_db()
    form = _changed(access, endpoint, None)
    response = _endpoint_page(request, access, endpoint, form, new)
    return _created(request, response, in_place(access, "webhook", endpoint_id))


@signed_in
@require_POST
def test(request: PortalRequest, /, endpoint_id: str, **place: str) -> HttpResponse:
    """Send a test message."""
    access = _access(request, **place)
    services.send_test(endpoint=_found(access, endpoint_id), actor=request.user)
    messages.success(request, _("Test queued. The response appears below."))
    return redirect(in_place(access, "webhook", endpoint_id))


@signed_in
@require_POST
def enable(request: PortalRequest, /, endpoint_id: str, **place: str) -> HttpResponse:
    """Enable an endpoint that responded 410 Gone."""
    access = _access(request, **place)
    if enable_endpoint(endpoint=_found(access, endpoint_id), actor=request.user):
        messages.success(request, _("Enabled the endpoint. Send a test."))
    return redirect(in_place(access, "webhook", endpoint_id))


@signed_in
@confirmed
def delete(request: PortalRequest, /, endpoint_id: str, **place: str) -> HttpResponse:
    """Ask for confirmation; a POST deletes the endpoint."""
    access = _access(request, **place)
    endpoint = _found(access, endpoint_id)
    if request.method == "POST":
        services.delete_endpoint(endpoint=endpoint, actor=request.user)
        messages.success(request, _("Endpoint deleted."))
        return redirect(in_place(access, "webhooks"))
    context = {**_frame(access), "endpoint": endpoint}
    return render(request, "portal/webhooks/delete.html", context)


@signed_in
def fresh(request: PortalRequest, /, endpoint_id: str, **place: str) -> HttpResponse:
    """Render the part of an endpoint's page that refreshes itself."""
    access = _access(request, **place)
    context = {"access": access, **_sent(_found(access, endpoint_id))}
    return render(request, "portal/webhooks/_messages.html", context)


def _access(request: PortalRequest, public_id: str = "", slug: str = "") -> _Access:
    if public_id:
        return workspace_to_administer(request, public_id)
    return partner_to_administer(request, slug)


def _owner(access: _Access) -> Workspace | Partner:
    return access.partner if isinstance(access, PartnerAccess) else access.workspace


def _changed(
    access: _Access, endpoint: WebhookEndpoint, data: QueryDict | None
) -> ChangedEndpointForm:
    seen = {
        "description": endpoint.description,
        "conditions": endpoint.conditions or [],
    }
    return ChangedEndpointForm(data, owner=_owner(access), initial=seen)


def _found(access: _Access, endpoint_id: str) -> WebhookEndpoint:
    own = WebhookEndpoint.objects.of(_owner(access))
    return get_object_or_404(
        own.select_related("partner", "workspace__partner"), public_id=endpoint_id
    )


def _frame(access: _Access) -> dict[str, object]:
    is_partner = isinstance(access, PartnerAccess)
    return {
        "access": access,
        "owner": _owner(access),
        "layout": PARTNER_LAYOUT if is_partner else WORKSPACE_LAYOUT,
        "is_partner": is_partner,
    }


def _rows(access: _Access) -> list[tuple[WebhookEndpoint, bool]]:
    """Return the endpoints, and whether each has failed for a day."""
    at = now()
    own = WebhookEndpoint.objects.of(_owner(access))
    return [(endpoint, endpoint.is_failing(at)) for endpoint in own]


def _sent(endpoint: WebhookEndpoint) -> dict[str, object]:
    newest = list(endpoint.messages.select_related("alert").order_by("-pk")[:SHOWN])
    return {
        "endpoint": endpoint,
        "sent": newest,
        "tests": any(one.alert_id is None and one.is_unfinished for one in newest),
    }


def _endpoint_page(
    request: PortalRequest,
    access: _Access,
    endpoint: WebhookEndpoint,
    form: ChangedEndpointForm,
    secret: str = "",
) -> HttpResponse:
    at, until = now(), endpoint.previous_secret_until
    context = {
        **_frame(access),
        **_sent(endpoint),
        "form": form,
        "secret": secret,
        "is_failing": endpoint.is_failing(at),
        "overlap_until": until if until and until > at else None,
    }
    return render(request, "portal/webhooks/webhook.html", context)


def _created(
    request: PortalRequest, response: HttpResponse, location: str = ""
) -> HttpResponse:
    """Mark that the form was processed: see web/duplicate_submits.py."""
    response.status_code = 201
    response.headers["Location"] = location or request.path
    return response
