"""How a person joins: by a link, sent to their email, that works once and for a week.

The link names a row of `Invitation`, signed so that a copy of the database opens nothing.
An invitation is only as good as the right of the person who sent it: it stops working when
they may no longer invite, and when the invited person is removed (members.py).
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core import signing
from django.db import IntegrityError, transaction
from django.views.decorators.debug import sensitive_variables

from streams.audit.services import record
from streams.base.clock import now
from streams.tenancy.members import (
    AlreadyMember,
    Place,
    add_member,
    check_role,
    columns_of,
    may_invite,
    open_invitations,
)
from streams.tenancy.models import Invitation, User

if TYPE_CHECKING:
    from streams.tenancy.members import Membership

SALT = "streams.tenancy.invitation"
GOOD_FOR = timedelta(days=7)


class InvitationRefused(ValueError):
    """The link lets nobody in; the message says why."""


class NotYours(InvitationRefused):
    """The invitation is for another address than the person's."""


class HasAccount(InvitationRefused):
    """The person has an account, and is to sign in with it."""


class MayNotInvite(ValueError):
    """The place's own admins decide who joins it."""


@transaction.atomic
def make_invitation(
    *, place: Place, email: str, role: str, actor: User | None
) -> Invitation:
    """An invitation in place of any that the person has here already; nothing is sent.

    Raises AlreadyMember, MayNotInvite, NoSuchRole.
    """
    check_role(place, role)
    email = email.strip().lower()
    if not may_invite(actor, place):
        raise MayNotInvite(f"{place} has an admin, who invites its people.")
    if place.members.filter(email=email).exists():
        raise AlreadyMember(f"{email} is a member of {place} already.")
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
    """What the link holds; for the eyes of the invited person alone."""
    return signing.dumps([invitation.number], salt=SALT)


def read_invitation(token: str) -> Invitation:
    """The invitation of a link. Raises InvitationRefused: expired, used, or not ours."""
    try:
        # Links from before invitations were rows name more; the number is always last.
        number = signing.loads(token, salt=SALT)[-1]
    except signing.BadSignature:
        raise InvitationRefused(
            "The link is incomplete. Copy all of it from the email."
        ) from None
    rows = Invitation.objects.select_related(
        "partner", "workspace__partner", "invited_by"
    )
    invitation = rows.filter(number=number).first()
    if invitation is None:
        raise InvitationRefused("This invitation no longer exists. Ask for a new one.")
    _check_open(invitation)
    return invitation


@transaction.atomic
def accept_invitation(*, invitation: Invitation, user: User) -> Membership:
    """Let a person in who has signed in. Raises NotYours, InvitationRefused."""
    if user.email.lower() != invitation.email:
        raise NotYours(
            f"This invitation is for {invitation.email}; you are signed in as {user}."
        )
    # One at a time: of two people whom the partner invited, only the first becomes an admin
    # while there is none. Not FOR UPDATE: events refer to the row all the time.
    type(invitation.place).objects.select_for_update(no_key=True).get(
        pk=invitation.place.pk
    )
    invitation.refresh_from_db(fields=["accepted_at", "withdrawn_at", "expires_at"])
    _check_open(invitation)
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
    """An account for a person who has none, and let in. The password was checked before.

    Raises HasAccount, InvitationRefused.
    """
    if invitation.has_account():
        raise HasAccount(f"{invitation.email} has an account: sign in with it.")
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
    """The link no longer works. An invitation that is no longer open stays as it is."""
    still = Invitation.objects.filter(
        pk=invitation.pk, accepted_at=None, withdrawn_at=None
    )
    if still.update(withdrawn_at=now()):
        record_invitation("member.invitation_withdrawn", invitation, actor)


def record_invitation(action: str, invitation: Invitation, actor: User | None) -> None:
    """Write down what became of an invitation."""
    record(
        action,
        actor=actor,
        partner=invitation.partner,
        workspace=invitation.workspace,
        member=invitation.email,
        role=invitation.role,
        invitation=invitation.number,
    )


def _create_user(email: str) -> User:
    try:
        with transaction.atomic():
            return User.objects.create_user(email)
    except IntegrityError:  # the same link, opened twice at once
        raise HasAccount(f"{email} has an account: sign in with it.") from None


def _check_open(invitation: Invitation) -> None:
    if invitation.accepted_at:
        raise InvitationRefused("This invitation has been used. Sign in instead.")
    if invitation.withdrawn_at:
        raise InvitationRefused(
            "This invitation was withdrawn, or a newer one replaces it. Open the newest"
            " email, or ask for a new invitation."
        )
    if invitation.expires_at <= now():
        raise InvitationRefused("This invitation has expired. Ask for a new one.")
    if not may_invite(invitation.invited_by, invitation.place):
        raise InvitationRefused(
            "The person who invited you may no longer invite people to"
            f" {invitation.place}. Ask one of its admins for a new invitation."
        )
