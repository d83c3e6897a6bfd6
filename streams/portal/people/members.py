"""Members pages of workspaces and partners: list, invitations, roles, removal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.portal.people.forms import InvitationForm, hints_of, roles_of
from streams.portal.people.pending_invitations import (
    confirmed_invitations,
    invited,
    pending_of,
)
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_administer,
    partner_to_develop,
    partner_to_see,
    signed_in,
    workspace_of,
    workspace_to_administer,
    workspace_to_see,
)
from streams.portal.shared.navigation_tags import to, within
from streams.sign_in.second_factor.sessions import FACTOR_OF_MEMBER, has_factor
from streams.tenancy.members import (
    LastAdmin,
    NoSuchRole,
    change_role,
    may_invite,
    place_of,
    remove_member,
)
from streams.web.recent_sign_in import confirmed, confirmed_changes

if TYPE_CHECKING:
    from streams.tenancy.members import Membership
    from streams.tenancy.members import Place as Owner


@signed_in
@confirmed_invitations
def members(request: PortalRequest, public_id: str) -> HttpResponse:
    """List the members of a workspace; a POST sends an invitation."""
    invites = request.method == "POST"
    access = (workspace_to_administer if invites else workspace_to_see)(
        request, public_id
    )
    form = InvitationForm(access.workspace, request.POST or None)
    if invites and invited(request, access.workspace, form):
        return redirect(to(access, "members"))
    context: dict[str, object] = {
        "access": access,
        "form": form if access.can_administer else None,
        **people_of(access.workspace, shows_factors=access.can_administer),
    }
    if access.can_administer:
        context["has_factor"] = has_factor(request.user)
        context["invitations"] = pending_of(
            access.workspace, lambda what, pk: to(access, f"invitation-{what}", pk)
        )
    return render(request, "portal/people/members.html", context)


@signed_in
@require_POST
@confirmed_changes
def member_role(request: PortalRequest, public_id: str, pk: int) -> HttpResponse:
    access = workspace_to_administer(request, public_id)
    _change_role(request, get_object_or_404(access.workspace.memberships, pk=pk))
    return redirect(to(access, "members"))


@signed_in
@confirmed
def member_remove(request: PortalRequest, public_id: str, pk: int) -> HttpResponse:
    """Ask for confirmation; a POST removes the member."""
    access = workspace_to_administer(request, public_id)
    membership = get_object_or_404(access.workspace.memberships, pk=pk)
    if request.method == "POST":
        return _remove(request, membership, to(access, "members"))
    context = {"access": access, "membership": membership, "owner": access.workspace}
    return render(request, "portal/people/member_remove.html", context)


@signed_in
@confirmed_invitations
def partner_members(request: PortalRequest, slug: str) -> HttpResponse:
    """List the members of a partner; a POST sends an invitation."""
    invites = request.method == "POST"
    access = (partner_to_administer if invites else partner_to_see)(request, slug)
    form = InvitationForm(access.partner, request.POST or None)
    if invites and invited(request, access.partner, form):
        return redirect(within(access, "partner-members"))
    context: dict[str, object] = {
        "access": access,
        "form": form if access.can_administer else None,
        **people_of(access.partner, shows_factors=access.can_administer),
    }
    if access.can_administer:
        context["invitations"] = pending_of(
            access.partner,
            lambda what, pk: within(access, f"partner-invitation-{what}", pk),
        )
    return render(request, "portal/people/partner_members.html", context)


@signed_in
@require_POST
@confirmed_changes
def partner_member_role(request: PortalRequest, slug: str, pk: int) -> HttpResponse:
    access = partner_to_administer(request, slug)
    _change_role(request, get_object_or_404(access.partner.memberships, pk=pk))
    return redirect(within(access, "partner-members"))


@signed_in
@confirmed
def partner_member_remove(request: PortalRequest, slug: str, pk: int) -> HttpResponse:
    """Ask for confirmation; a POST removes the member."""
    access = partner_to_administer(request, slug)
    membership = get_object_or_404(access.partner.memberships, pk=pk)
    if request.method == "POST":
        return _remove(request, membership, within(access, "partner-members"))
    context = {"access": access, "membership": membership, "owner": access.partner}
    return render(request, "portal/people/partner_member_remove.html", context)


@signed_in
@confirmed
def workspace_invite(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Let a partner invite a customer's first admin, who then invites the others."""
    access = partner_to_develop(request, slug)
    workspace = workspace_of(request, access, public_id)
    if not may_invite(request.user, workspace):
        raise PermissionDenied(
            _("%(place)s has an admin now. Ask an admin to send the invitation.")
            % {"place": workspace}
        )
    form = InvitationForm(workspace, request.POST or None, initial={"role": "admin"})
    if invited(request, workspace, form):
        return redirect(within(access, "partner-workspace", public_id))
    context = {"access": access, "workspace": workspace, "form": form}
    return render(request, "portal/people/workspace_invite.html", context)


def people_of(owner: Owner, *, shows_factors: bool = False) -> dict[str, object]:
    """Return the context of `_members.html`, for admins with who has a second factor."""
    memberships = owner.memberships.select_related("user").order_by("created_at", "pk")
    if shows_factors:
        memberships = memberships.annotate(has_factor=FACTOR_OF_MEMBER)
    roles, hints = roles_of(owner), hints_of(owner)
    return {
        "memberships": memberships,
        "shows_factors": shows_factors,
        "roles": roles,
        "role_hints": [(label, hints[role]) for role, label in roles],
    }


def _change_role(request: PortalRequest, membership: Membership) -> None:
    try:
        change_role(
            membership=membership, role=request.POST.get("role", ""), actor=request.user
        )
    except (LastAdmin, NoSuchRole) as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request,
            _("The role of %(email)s is now %(role)s.")
            % {"email": membership.user, "role": membership.get_role_display()},
        )


def _remove(request: PortalRequest, membership: Membership, back: str) -> HttpResponse:
    who, owner = membership.user, place_of(membership)
    try:
        remove_member(membership=membership, actor=request.user)
    except LastAdmin as error:
        messages.error(request, str(error))
        return redirect(back)
    messages.success(
        request,
        _("%(email)s is no longer a member of %(place)s.")
        % {"email": who, "place": owner},
    )
    return redirect("portal:home" if who == request.user else back)
