"""The page “Receive from Segment”: the inbound address, its secret, and the steps in Segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.base.clock import now
from streams.base.keyring import CannotDecrypt
from streams.base.public_urls import addresses
from streams.identity.inbound.services import OVERLAP, open_address, rotate_secret
from streams.identity.inbound.test_call import send_test_call
from streams.identity.inbound_address import InboundAddress
from streams.portal.receive.destination_function import (
    SECRET_SETTING,
    SETTING_LABEL,
    destination_function,
)
from streams.portal.receive.methods import METHODS, TRIGGER
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_edit,
    workspace_to_see,
)
from streams.portal.shared.navigation_tags import to
from streams.web.recent_sign_in import confirmed_changes

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django_stubs_ext import StrOrPromise


@signed_in
def receive(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the inbound address of the feed, and the steps in Segment."""
    return _page(request, workspace_to_see(request, public_id))


@signed_in
def receive_fresh(request: PortalRequest, public_id: str) -> HttpResponse:
    """Render the part of the page that refreshes itself."""
    access = workspace_to_see(request, public_id)
    return render(request, "portal/receive/_received.html", _received(access))


@signed_in
@require_POST
@confirmed_changes
def receive_secret(request: PortalRequest, public_id: str) -> HttpResponse:
    """Create the address with a secret, or rotate its secret. The response shows it once."""
    access = workspace_to_edit(request, public_id)
    address, secret = open_address(feed=access.the_feed, actor=request.user)
    try:
        secret = secret or rotate_secret(address=address, actor=request.user)
    except CannotDecrypt:
        messages.error(request, _unreadable())
        return redirect(to(access, "receive"))
    response = _page(request, access, secret.text)
    # The form was processed: see web/duplicate_submits.py.
    response.status_code = 201
    response.headers["Location"] = to(access, "receive")
    return response


@signed_in
@require_POST
def receive_test(request: PortalRequest, public_id: str) -> HttpResponse:
    """Send a signed call to the address, and say how it ended."""
    access = workspace_to_edit(request, public_id)
    address = _address(access)
    if address is None:
        raise Http404
    try:
        sent = send_test_call(
            address=address, ingest_url=addresses(request).ingest, actor=request.user
        )
    except CannotDecrypt:
        messages.error(request, _unreadable())
        return redirect(to(access, "receive"))
    if sent.arrived:
        messages.success(request, _("Test call accepted: status 200."))
    elif sent.status is None:
        messages.error(request, sent.reason)
    else:
        text = _("Test call refused: status %(status)s. %(reason)s")
        messages.error(request, text % {"status": sent.status, "reason": sent.reason})
    return redirect(to(access, "receive") + "#received")


def _page(
    request: PortalRequest, access: WorkspaceAccess, secret: str = ""
) -> HttpResponse:
    context = _received(access)
    address = context["address"]
    url = ""
    if isinstance(address, InboundAddress):
        url = f"{addresses(request).ingest}/v1/inbound/{address.public_id}"
    stream = access.the_feed.stream
    context |= {
        "secret": secret,
        "stream": stream,
        "url": url,
        "methods": METHODS,
        "trigger": TRIGGER,
        "code": destination_function(tool=stream.name, url=url),
        "secret_setting": SECRET_SETTING,
        "setting_label": SETTING_LABEL,
        "suggested_name": _("%(tool)s inbound") % {"tool": stream.name},
    }
    return render(request, "portal/receive/receive.html", context)


def _received(access: WorkspaceAccess) -> dict[str, object]:
    address = _address(access)
    if address is None:
        return {"access": access, "address": None}
    until = address.previous_secret_until
    return {
        "access": access,
        "address": address,
        "counts": _counts(address),
        "secret_since": until - OVERLAP if until else address.created_at,
        "overlap_until": until if until and until > now() else None,
    }


def _address(access: WorkspaceAccess) -> InboundAddress | None:
    of_feed = InboundAddress.objects.filter(feed=access.the_feed)
    return of_feed.select_related("feed__stream", "feed__workspace").first()


def _counts(address: InboundAddress) -> list[tuple[StrOrPromise, int]]:
    return [
        (_("Received"), address.received),
        (_("With a userId and an identifier"), address.learned),
        (_("Without one of them"), address.unidentified),
        (_("Duplicates"), address.duplicates),
        (_("Sent by the tool, and test calls"), address.own),
        (_("Deletion requests"), address.deletes),
        (_("Requests to suppress a person, or to end that"), address.suppressions),
        (_("Of suppressed people"), address.suppressed),
        (_("Refused events of accepted requests"), address.refused),
    ]


def _unreadable() -> str:
    return _(
        "The portal can't decrypt the inbound secret. Contact the operator of this portal."
    )
