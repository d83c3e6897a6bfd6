"""Pending invitations: send, list, resend, and withdraw them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import TYPE_CHECKING, Concatenate

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from streams.base.clock import now
from streams.base.rate_limit import RateLimited
from streams.portal.shared.access import (
    PortalRequest,
    partner_to_administer,
    partner_to_develop,
    signed_in,
    workspace_of,
    workspace_to_administer,
)
from streams.portal.shared.navigation_tags import to, within
from streams.tenancy.invitation_sending import invite, resend_invitation
from streams.tenancy.invitations import MayNotInvite, withdraw_invitation
from streams.tenancy.members import ADMIN, AlreadyMember, PlaceRemoved, may_invite
from streams.web.recent_sign_in import confirmed_changes
from streams.web.template_tags import duration

if TYPE_CHECKING:
    from streams.portal.people.forms import InvitationForm
    from streams.tenancy.invitation_model import Invitation
    from streams.tenancy.members import Place as Owner

type Url = Callable[
    [str, int], str
]  # of "resend" or "withdraw", for an invitation's primary key

SHOWN_FOR = timedelta(days=30)  # after it has expired


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """A row of the list; read-only if its URLs are empty."""

    invitation: Invitation
    resend_url: str
    withdraw_url: str

    @property
    def has_expired(self) -> bool:
        return self.invitation.expires_at <= now()


def pending_of(owner: Owner, url: Url | None) -> list[InvitationRow]:
    """Return the open and recently expired invitations, newest first."""
    rows = owner.invitations.filter(
        accepted_at=None, withdrawn_at=None, expires_at__gt=now() - SHOWN_FOR
    )
    rows = rows.select_related("invited_by").order_by("-created_at", "-pk")
    return [
        InvitationRow(
            row,
            url("resend", row.pk) if url else "",
            url("withdraw", row.pk) if url else "",
        )
        for row in rows
    ]


def confirmed_invitations[**P](
    view: Callable[Concatenate[PortalRequest, P], HttpResponse],
) -> Callable[Concatenate[PortalRequest, P], HttpResponse]:
    """As `confirmed_changes`, but only for the invitation of an admin."""
    with_confirmation = confirmed_changes(view)

    @wraps(view)
    def page(
        request: PortalRequest, /, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        of_admin = request.POST.get("role") == ADMIN
        return (with_confirmation if of_admin else view)(request, *args, **kwargs)

    return page


def invited(request: PortalRequest, owner: Owner, form: InvitationForm) -> bool:
    """Send the form's invitation; return False if the form now shows an error."""
    if not form.is_valid():
        return False
    email, role = form.cleaned_data["email"], form.cleaned_data["role"]
    try:
        invitation = invite(
            place=owner,
            email=email,
            role=role,
            actor=request.user,
            link=link_from(request),
        )
    except AlreadyMember as error:
        form.add_error("email", str(error))
        return False
    except MayNotInvite as error:
        raise PermissionDenied(str(error)) from None
    except RateLimited as limited:
        form.add_error(None, too_many(limited))
        return False
    except PlaceRemoved as error:
        form.add_error(None, str(error))
        return False
    _report_sending(request, invitation)
    return True


@signed_in
@require_POST
def resend(request: PortalRequest, public_id: str, pk: int) -> HttpResponse:
    access = workspace_to_administer(request, public_id)
    return _resend(request, access.workspace, pk, to(access, "members"))


@signed_in
@require_POST
def withdraw(request: PortalRequest, public_id: str, pk: int) -> HttpResponse:
    access = workspace_to_administer(request, public_id)
    return _withdraw(request, access.workspace, pk, to(access, "members"))


@signed_in
@require_POST
def partner_resend(request: PortalRequest, slug: str, pk: int) -> HttpResponse:
    access = partner_to_administer(request, slug)
    return _resend(request, access.partner, pk, within(access, "partner-members"))


@signed_in
@require_POST
def partner_withdraw(request: PortalRequest, slug: str, pk: int) -> HttpResponse:
    access = partner_to_administer(request, slug)
    return _withdraw(request, access.partner, pk, within(access, "partner-members"))


@signed_in
@require_POST
def workspace_resend(
    request: PortalRequest, slug: str, public_id: str, pk: int
) -> HttpResponse:
    access = partner_to_develop(request, slug)
    workspace = workspace_of(request, access, public_id)
    back = within(access, "partner-workspace", public_id)
    return _resend(request, workspace, pk, back)


@signed_in
@require_POST
def workspace_withdraw(
    request: PortalRequest, slug: str, public_id: str, pk: int
) -> HttpResponse:
    access = partner_to_develop(request, slug)
    workspace = workspace_of(request, access, public_id)
    back = within(access, "partner-workspace", public_id)
    return _withdraw(request, workspace, pk, back)


def _resend(request: PortalRequest, owner: Owner, pk: int, back: str) -> HttpResponse:
    invitation = _of(request, owner, pk)
    try:
        resend_invitation(
            invitation=invitation, actor=request.user, link=link_from(request)
        )
    except MayNotInvite as error:  # an admin joined since `_of`
        raise PermissionDenied(str(error)) from None
    except RateLimited as limited:
        messages.error(request, too_many(limited))
    except PlaceRemoved as error:
        messages.error(request, str(error))
        return redirect("portal:home")
    else:
        _report_sending(request, invitation)
    return redirect(back)


def _withdraw(request: PortalRequest, owner: Owner, pk: int, back: str) -> HttpResponse:
    invitation = _of(request, owner, pk)
    withdraw_invitation(invitation=invitation, actor=request.user)
    messages.success(
        request,
        _("The invitation for %(email)s was withdrawn. Its link no longer works.")
        % {"email": invitation.email},
    )
    return redirect(back)


def _of(request: PortalRequest, owner: Owner, pk: int) -> Invitation:
    """Return an open invitation of the access: 404 for others, 403 without the right."""
    open_invitations = owner.invitations.filter(accepted_at=None, withdrawn_at=None)
    invitation: Invitation = get_object_or_404(open_invitations, pk=pk)
    if not may_invite(request.user, owner):
        raise PermissionDenied(
            _("%(place)s has an admin now. Ask an admin to manage its invitations.")
            % {"place": owner}
        )
    return invitation


def link_from(request: PortalRequest) -> Callable[[str], str]:
    """Return a function from the token of an invitation to the URL of its page."""
    return lambda token: request.build_absolute_uri(
        reverse("portal:invitation", args=[token])
    )


def _report_sending(request: PortalRequest, invitation: Invitation) -> None:
    if invitation.sent_at:
        said = _("Invitation sent to %(email)s.")
        messages.success(request, said % {"email": invitation.email})
    else:
        said = _(
            "The email to %(email)s couldn't be sent. The invitation is saved: select"
            " Resend in a few minutes."
        )
        messages.error(request, said % {"email": invitation.email})


def too_many(limited: RateLimited) -> str:
    """Say which limit was reached, and when to try again."""
    return _(
        "You've reached the limit of %(amount)d invitations in %(period)s. Try again in"
        " %(wait)s."
    ) % {
        "amount": limited.limit.amount,
        "period": duration(limited.limit.period_s),
        "wait": duration(limited.rounded_wait_s),
    }
