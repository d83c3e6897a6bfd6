"""The page behind an invitation link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import record_authentication
from allauth.usersessions.models import UserSession
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from streams.portal.people.forms import SignUpForm, hints_of
from streams.portal.sso.find import to_sign_on
from streams.sign_in.known_browsers import remember
from streams.sign_in.security_notices import signed_in
from streams.sign_in.sso.domains import enforced_for
from streams.tenancy.invitation_sending import who_invited
from streams.tenancy.invitations import (
    InvitationRefused,
    accept_invitation,
    read_invitation,
    sign_up,
)

if TYPE_CHECKING:
    from streams.tenancy.invitation_model import Invitation
    from streams.tenancy.models import User


@sensitive_post_parameters("password")
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation, with an existing account or a new one."""
    try:
        invited = read_invitation(token)
        if request.user.is_authenticated:
            return _join(request, invited, request.user)
        if provider := enforced_for(invited.email):
            # To join a team, signing in is enough; a workspace's invitation stays open.
            next_url = request.path if invited.workspace_id else ""
            return to_sign_on(request, provider, invited.email, next_url)
        if invited.has_account():
            return redirect(reverse("account_login", query={"next": request.path}))
        return _sign_up(request, invited)
    except InvitationRefused as error:
        context = {"reason": str(error)}
        return render(
            request, "portal/people/invitation_refused.html", context, status=410
        )


def _join(request: HttpRequest, invited: Invitation, user: User) -> HttpResponse:
    """Ask a signed-in user to accept; a POST accepts. Raises InvitationRefused."""
    if request.method == "POST":
        accept_invitation(invitation=invited, user=user)
        return redirect("portal:home")
    context = {
        **_invited_as(invited),
        "is_theirs": user.email.lower() == invited.email,
    }
    return render(request, "portal/people/invitation.html", context)


def _sign_up(request: HttpRequest, invited: Invitation) -> HttpResponse:
    """Create an account for the invited person. Raises InvitationRefused."""
    form = SignUpForm(invited.email, request.POST or None)
    if form.is_valid():
        user = sign_up(invitation=invited, **form.cleaned_data)
        login(request, user)
        record_authentication(request, user, "password")
        UserSession.objects.create_from_request(request)
        signed_in(request, user, is_known=False, is_first=True)
        response = redirect("portal:home")
        remember(request, response, user.email)
        return response
    context = {**_invited_as(invited), "form": form}
    return render(request, "portal/people/invitation_sign_up.html", context)


def _invited_as(invited: Invitation) -> dict[str, object]:
    """Return who invites to what, as the email says it, and the role."""
    inviter = invited.invited_by
    return {
        "invitation": invited,
        "who_invited": who_invited(invited, inviter) if inviter else "",
        "role_hint": hints_of(invited.place)[invited.role],
    }
