"""Leave a workspace or a partner. The last admin hands over the role first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from streams.portal.people.forms import LeaveForm
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_see,
    signed_in,
    workspace_to_see,
)
from streams.portal.shared.navigation_tags import to, within
from streams.tenancy.members import LastAdmin, is_last_admin, leave, place_of
from streams.web.recent_sign_in import confirmed

if TYPE_CHECKING:
    from django.http import HttpResponse

    from streams.portal.shared.access import PartnerAccess, WorkspaceAccess
    from streams.tenancy.members import Membership


@signed_in
@confirmed
def workspace_leave(request: PortalRequest, public_id: str) -> HttpResponse:
    """Ask a member of a workspace for confirmation; a POST leaves it."""
    access = workspace_to_see(request, public_id)
    own = get_object_or_404(access.workspace.memberships, user=request.user)
    template = "portal/people/leave.html"
    return _leave(request, access, own, template, to(access, "members"))


@signed_in
@confirmed
def partner_leave(request: PortalRequest, slug: str) -> HttpResponse:
    """Ask a member of a partner for confirmation; a POST leaves it."""
    access = partner_to_see(request, slug)
    own = get_object_or_404(access.partner.memberships, user=request.user)
    template = "portal/people/partner_leave.html"
    return _leave(request, access, own, template, within(access, "partner-members"))


def _leave(
    request: PortalRequest,
    access: WorkspaceAccess | PartnerAccess,
    own: Membership,
    template: str,
    back: str,
) -> HttpResponse:
    place = place_of(own)
    form = LeaveForm(own, request.POST or None) if is_last_admin(own) else None
    if request.method == "POST" and (form is None or form.is_valid()):
        successor = form.successor if form else None
        try:
            leave(membership=own, successor=successor)
        except LastAdmin as error:  # since the page was shown
            messages.error(request, str(error))
            return redirect(request.path)
        messages.success(request, _("You left %(place)s.") % {"place": place})
        return redirect("portal:home")
    alone = form is not None and not place.memberships.exclude(pk=own.pk).exists()
    context = {
        "access": access,
        "owner": place,
        "form": form,
        "alone": alone,
        "back": back,
    }
    return render(request, template, context)
