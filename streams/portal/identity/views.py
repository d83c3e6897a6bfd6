"""The page “Identity”: look up a person, and decide conflicts of userIds."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from streams.identity.conflicts import ConflictChanged, Decision, decide_conflict
from streams.identity.models import Conflict, IdentityMap
from streams.portal.identity.forms import PersonForm
from streams.portal.identity.person import look_up
from streams.portal.shared.access import (
    PortalRequest,
    WorkspaceAccess,
    signed_in,
    workspace_to_edit,
    workspace_to_see,
)
from streams.portal.shared.navigation_tags import to

if TYPE_CHECKING:
    from django.http import HttpResponse

MOST_CONFLICTS = 50


@signed_in
@sensitive_post_parameters("person")
def identity(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the form and the open conflicts; a POST looks up a person and changes nothing.

    An identifier, such as an email, is never in a URL: URLs are kept in the logs of proxies
    and in the history of browsers, and are sent to other sites as the referrer.
    """
    access = workspace_to_see(request, public_id)
    feed = access.the_feed
    form = PersonForm(request.POST if request.method == "POST" else None)
    context = {
        "access": access,
        "stream": feed.stream,
        "form": form,
        "map": IdentityMap.objects.filter(feed=feed).first(),
        **_conflicts(access),
    }
    if form.is_valid():
        context["person"] = look_up(feed, form)
    return render(request, "portal/identity/identity.html", context)


@signed_in
@require_POST
def decide(request: PortalRequest, public_id: str, pk: int) -> HttpResponse:
    """Keep the userId of a link, or replace it with the other one."""
    access = workspace_to_edit(request, public_id)
    conflict = get_object_or_404(Conflict, pk=pk, feed=access.the_feed)
    try:
        decision = Decision(request.POST.get("decision", ""))
    except ValueError:
        raise Http404 from None
    if request.POST.get("seen") == _mark(conflict):
        _decide(request, conflict, decision)
    else:
        messages.error(request, _("The link has changed meanwhile. Check it again."))
    return redirect(to(access, "identity") + "#conflicts")


def _decide(request: PortalRequest, conflict: Conflict, decision: Decision) -> None:
    try:
        decide_conflict(conflict, decision, by=request.user)
    except ConflictChanged as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _done(decision))


def _mark(conflict: Conflict) -> str:
    """Return a text that tells if the userId in use is the one that the page showed."""
    return sha256(conflict.kept.encode()).hexdigest()


def _done(decision: Decision) -> str:
    if decision == Decision.KEEP:
        return _("Conflict closed. The link keeps its userId.")
    return _("Conflict closed. The link now has the other userId.")


def _conflicts(access: WorkspaceAccess) -> dict[str, object]:
    some = Conflict.objects.filter(feed=access.the_feed, state=Conflict.State.OPEN)
    found = list(some.order_by("-pk")[: MOST_CONFLICTS + 1])
    return {
        "conflicts": [(one, _mark(one)) for one in found[:MOST_CONFLICTS]],
        "has_more_conflicts": len(found) > MOST_CONFLICTS,
    }
