"""Invite several people at once: all of them, or no one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.base.rate_limit import RateLimited
from streams.portal.people.forms import SeveralInvitationsForm
from streams.portal.people.pending_invitations import link_from, too_many
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_administer,
    signed_in,
    workspace_to_administer,
)
from streams.portal.shared.navigation_tags import to, within
from streams.tenancy.invitation_sending import invite_all
from streams.tenancy.invitations import MayNotInvite
from streams.tenancy.members import AlreadyMember, PlaceRemoved
from streams.web.recent_sign_in import confirmed

if TYPE_CHECKING:
    from django.http import HttpResponse

    from streams.tenancy.members import Place as Owner


@signed_in
@confirmed
def invite_several(request: PortalRequest, public_id: str) -> HttpResponse:
    """Invite several people to a workspace."""
    access = workspace_to_administer(request, public_id)
    form = SeveralInvitationsForm(access.workspace, request.POST or None)
    back = to(access, "members")
    if _invited(request, access.workspace, form):
        return redirect(back)
    context = {"access": access, "form": form, "back": back, "owner": access.workspace}
    return render(request, "portal/people/several.html", context)


@signed_in
@confirmed
def partner_invite_several(request: PortalRequest, slug: str) -> HttpResponse:
    """Invite several people to a partner's team."""
    access = partner_to_administer(request, slug)
    form = SeveralInvitationsForm(access.partner, request.POST or None)
    back = within(access, "partner-members")
    if _invited(request, access.partner, form):
        return redirect(back)
    context = {"access": access, "form": form, "back": back, "owner": access.partner}
    return render(request, "portal/people/partner_several.html", context)


def _invited(
    request: PortalRequest, owner: Owner, form: SeveralInvitationsForm
) -> bool:
    """Send the form's invitations; return False if the form now shows an error."""
    if not form.is_valid():
        return False
    try:
        invitations = invite_all(
            place=owner,
            emails=form.cleaned_data["emails"],
            role=form.cleaned_data["role"],
            actor=request.user,
            link=link_from(request),
        )
    except MayNotInvite as error:
        raise PermissionDenied(str(error)) from None
    except (AlreadyMember, PlaceRemoved) as error:
        form.add_error(None, str(error))
        return False
    except RateLimited as limited:
        form.add_error(None, too_many(limited))
        return False
    sent = sum(1 for invitation in invitations if invitation.sent_at)
    if sent:
        said = ngettext(
            "Sent %(count)d invitation.", "Sent %(count)d invitations.", sent
        )
        messages.success(request, said % {"count": sent})
    if sent < len(invitations):
        messages.error(
            request,
            _(
                "Some emails couldn't be sent. The invitations are saved: select Resend in a"
                " few minutes."
            ),
        )
    return True
