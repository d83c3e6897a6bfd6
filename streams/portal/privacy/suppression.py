"""Suppress a person in a workspace, and end that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from streams.identity.identifiers import IdentifierKind, NoPerson
from streams.identity.inbound.services import choose_suppression
from streams.identity.inbound_address import InboundAddress
from streams.identity.models import SuppressedPerson
from streams.identity.suppression.services import (
    SuppressionScope,
    suppress,
    unsuppress,
)
from streams.portal.privacy.forms import ConfirmedPersonForm
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_administer,
)
from streams.portal.shared.navigation_tags import to
from streams.web.recent_sign_in import confirmed

if TYPE_CHECKING:
    from django.http import HttpResponse

SHOWN = 50  # suppressed people


class SuppressionForm(ConfirmedPersonForm):
    """A person to suppress, and a word that confirms it."""

    word = gettext_lazy("suppress")


class UnsuppressionForm(ConfirmedPersonForm):
    """A person whose events are stored again, and a word that confirms it."""

    word = gettext_lazy("store")


@sensitive_post_parameters("person")
@signed_in
@confirmed
def privacy_suppress(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the form for a person to suppress; on POST, suppress them."""
    access = workspace_to_administer(request, public_id)
    form = SuppressionForm(request.POST or None)
    if form.is_valid() and _suppress(request, access, form):
        return redirect(to(access, "privacy") + "#suppressed")
    context = {"access": access, "form": form, "ends": False}
    return render(request, "portal/privacy/suppress.html", context)


@sensitive_post_parameters("person")
@signed_in
@confirmed
def privacy_unsuppress(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the form for a person who is suppressed; on POST, end that."""
    access = workspace_to_administer(request, public_id)
    form = UnsuppressionForm(request.POST or None)
    if form.is_valid() and _unsuppress(request, access, form):
        return redirect(to(access, "privacy") + "#suppressed")
    context = {"access": access, "form": form, "ends": True}
    return render(request, "portal/privacy/suppress.html", context)


@signed_in
@require_POST
def privacy_deletions(request: PortalRequest, public_id: str) -> HttpResponse:
    """Choose whether people whom Segment deletes are suppressed, too."""
    access = workspace_to_administer(request, public_id)
    addresses = InboundAddress.objects.select_related("feed__workspace", "feed__stream")
    choose_suppression(
        address=get_object_or_404(addresses, feed=access.the_feed),
        suppresses=request.POST.get("suppress") == "yes",
        actor=request.user,
    )
    messages.success(request, _("Saved. This counts for deletions from now on."))
    return redirect(to(access, "privacy") + "#suppressed")


def suppression_context(access: WorkspaceAccess) -> dict[str, object]:
    """Return what the page shows about suppressed people."""
    people = SuppressedPerson.objects.filter(workspace=access.workspace)
    rows = people.select_related("feed__stream", "suppressed_by").order_by("-pk")
    found = list(rows[: SHOWN + 1])
    return {
        "suppressed": found[:SHOWN],
        "more_suppressed": len(found) > SHOWN,
        "address": InboundAddress.objects.filter(feed=access.the_feed).first(),
    }


def _suppress(
    request: PortalRequest, access: WorkspaceAccess, form: ConfirmedPersonForm
) -> bool:
    try:
        _person, is_new = suppress(
            _scope(access, form),
            **form.named,
            origin=SuppressedPerson.Origin.PAGE,
            by=request.user,
        )
    except NoPerson:
        form.add_error("person", _no_one())
        return False
    if is_new:
        messages.success(request, _("Suppressed. No more events are stored."))
    else:
        messages.success(request, _("This person is suppressed already."))
    return True


def _unsuppress(
    request: PortalRequest, access: WorkspaceAccess, form: ConfirmedPersonForm
) -> bool:
    try:
        count = unsuppress(_scope(access, form), **form.named, by=request.user)
    except NoPerson:
        form.add_error("person", _no_one())
        return False
    if not count:
        form.add_error("person", _("No one with this value is suppressed."))
        return False
    messages.success(request, _("The person's events are stored again."))
    return True


def _scope(access: WorkspaceAccess, form: ConfirmedPersonForm) -> SuppressionScope:
    """Return the workspace. Another tool's ID can be another person's."""
    identifier = form.identifier
    is_of_tool = identifier and identifier.kind == IdentifierKind.TOOL_ID
    feed = access.the_feed if is_of_tool else None
    return SuppressionScope(access.workspace, feed)


def _no_one() -> str:
    return _("This value can't identify a person. Check its format.")
