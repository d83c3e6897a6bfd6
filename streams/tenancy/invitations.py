"""Invitations: links sent by email that work once and expire in a week.

A link names a row of `Invitation` and is signed, so a copy of the database doesn't reveal
it. An invitation stops working when its sender loses the right to invite, and when the
invited person is removed (members.py).
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from streams.audit.services import record
from streams.base.clock import now
from streams.tenancy.invitation_model import Invitation
from streams.tenancy.members import (
    AlreadyMember,
    Place,
    PlaceRemoved,
    add_member,
    already_member,
    check_role,
    columns_of,
    lock_place,
    may_invite,
    open_invitations,
)
from streams.tenancy.models import User

if TYPE_CHECKING:
    from streams.tenancy.members import Membership

SALT = "streams.tenancy.invitation"
GOOD_FOR = timedelta(days=7)


class InvitationRefused(ValueError):
    """The link isn't valid; the message says why."""


class NotYours(InvitationRefused):
    """The invitation is for a different email address."""


class HasAccount(InvitationRefused):
    """The person already has an account and must sign in."""


class MayNotInvite(ValueError):
    """The person may not invite anyone to the place."""


@transaction.atomic
def make_invitation(
    *, place: Place, email: str, role: str, actor: User | None
) -> Invitation:
    """Create an invitation that replaces the person's open ones; send nothing.

    Raises AlreadyMember, MayNotInvite, NoSuchRole, PlaceRemoved.
    """
    check_role(place, role)
    lock_place(place)
    email = email.strip().lower()
    if not may_invite(actor, place):
        raise may_not_invite(place)
    if place.members.filter(email=email).exists():
        raise already_member(email, place)
    open_invitations(place, email).update(withdrawn_at=now())
    return Invitation.objects.create(
        **columns_of(place),
        email=email,
        role=role,
        number=secrets.token_hex(8),
        invited_by=actor,
        expires_at=now() + GOOD_FOR,
    )


def token_of(invitation: Invitation) -> str:
    """Return the token of the invitation's link. Only the invited person may see it."""
    return signing.dumps([invitation.number], salt=SALT)


def read_invitation(token: str) -> Invitation:
    """Return the invitation of a link. Raises InvitationRefused."""
    try:
        # Links from older versions contain more fields; the number is always last.
        number = signing.loads(token, salt=SALT)[-1]
    except signing.BadSignature:
        raise InvitationRefused(
            _("The link is incomplete. Copy the entire link from the email.")
        ) from None
    rows = Invitation.objects.select_related(
        "partner", "workspace__partner", "invited_by"
    )
    invitation = rows.filter(number=number).first()
    if invitation is None:
        raise _no_longer_exists()
    check_open(invitation)
    return invitation


@transaction.atomic
def accept_invitation(*, invitation: Invitation, user: User) -> Membership:
    """Accept an invitation for a signed-in user. Raises NotYours, InvitationRefused."""
    if user.email.lower() != invitation.email:
        raise NotYours(
            _("This invitation is for %(invited)s, but you're signed in as %(user)s.")
            % {"invited": invitation.email, "user": user}
        )
    # One at a time: if a partner invites two admins to a workspace without one, only the first
    # may accept.
    try:
        lock_place(invitation.place)
    except PlaceRemoved:  # and the invitation with it
        raise _no_longer_exists() from None
    invitation.refresh_from_db(fields=["accepted_at", "withdrawn_at", "expires_at"])
    check_open(invitation)
    try:
        membership = add_member(
            place=invitation.place,
            user=user,
            role=invitation.role,
            actor=user,
            invitation=invitation.number,
        )
    except AlreadyMember as error:
        raise InvitationRefused(str(error)) from None
    invitation.accepted_at = now()
    invitation.save(update_fields=["accepted_at"])
    return membership


@sensitive_variables("password")
@transaction.atomic
def sign_up(*, invitation: Invitation, name: str, password: str) -> User:
    """Create an account for the invited person, and accept the invitation.

    The caller validates the password. Raises HasAccount, InvitationRefused.
    """
    if invitation.has_account():
        raise _has_account(invitation.email)
    user = User.objects.filter(email=invitation.email).first()
    if user is None:
        user = _create_user(invitation.email)
    user.name = name
    user.set_password(password)
    user.save(update_fields=["name", "password"])
    accept_invitation(invitation=invitation, user=user)
    return user


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, actor: User) -> None:
    """Make the link invalid, if the invitation is still open."""
    still = Invitation.objects.filter(
        pk=invitation.pk, accepted_at=None, withdrawn_at=None
    )
    if still.update(withdrawn_at=now()):
        record_invitation("member.invitation_withdrawn", invitation, actor)


def record_invitation(action: str, invitation: Invitation, actor: User | None) -> None:
    """Record an invitation's change of state in the activity log."""
    record(
        action,
        actor=actor,
        partner=invitation.partner,
        workspace=invitation.workspace,
        member=invitation.email,
        role=invitation.role,
        invitation=invitation.number,
    )


def may_not_invite(place: Place) -> MayNotInvite:
    """Return the error for a person who may not invite anyone to the place."""
    return MayNotInvite(
        _("%(place)s has an admin now. Ask an admin to send the invitation.")
        % {"place": place}
    )


def _no_longer_exists() -> InvitationRefused:
    return InvitationRefused(_("This invitation no longer exists. Ask for a new one."))


def _has_account(email: str) -> HasAccount:
    return HasAccount(
        _("%(email)s already has an account. Sign in to accept the invitation.")
        % {"email": email}
    )


def _create_user(email: str) -> User:
    try:
        with transaction.atomic():
            return User.objects.create_user(email)
    except IntegrityError:  # the link was opened twice at the same time
        raise _has_account(email) from None


def check_open(invitation: Invitation) -> None:
    """Check that the invitation can still be accepted. Raises InvitationRefused."""
    if invitation.accepted_at:
        raise InvitationRefused(
            _("This invitation has already been used. Sign in instead.")
        )
    if invitation.withdrawn_at:
        raise InvitationRefused(
            _(
                "This invitation was withdrawn or replaced by a newer one. Use the link in"
                " the most recent email, or ask for a new invitation."
            )
        )
    if invitation.expires_at <= now():
        raise InvitationRefused(_("This invitation has expired. Ask for a new one."))
    if not may_invite(invitation.invited_by, invitation.place):
        raise InvitationRefused(
            _(
                "The person who invited you can no longer invite people to %(place)s. Ask"
                " one of its admins for a new invitation."
            )
            % {"place": invitation.place}
        )
