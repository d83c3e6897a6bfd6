"""How a person comes in: by a signed link, sent to an address, good once and for a week.

No table: the link itself says who, where and as what. That it was used stands in the
audit log, which only grows, so a member who was removed cannot come back by it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core import signing
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.views.decorators.debug import sensitive_variables

from streams.audit.models import AuditEntry
from streams.audit.services import record
from streams.tenancy.members import AlreadyMember, Place, add_member, check_role
from streams.tenancy.models import Partner, User, Workspace

if TYPE_CHECKING:
    from streams.tenancy.members import Membership

SALT = "streams.tenancy.invitation"
GOOD_FOR = timedelta(days=7)

MAIL = """\
{inviter} invites you to {place}.

Open this link to join. It works once, until {days} days from now:

{link}

If you did not expect this, do nothing.
"""


class InvitationRefused(ValueError):
    """The link lets nobody in; the message says why."""


class NotYours(InvitationRefused):
    """The invitation is for another address than the person's."""


class HasAccount(InvitationRefused):
    """The person has an account, and is to sign in with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """Who is invited, where, and as what."""

    place: Place
    email: str
    role: str
    number: str  # at random; tells one invitation from another

    def has_account(self) -> bool:
        """Whether the person is to sign in; else they choose a name and a password."""
        known = User.objects.filter(email=self.email).first()
        return known is not None and known.has_usable_password()


def invite(
    *,
    place: Place,
    email: str,
    role: str,
    actor: User | None,
    link: Callable[[str], str],
) -> None:
    """Send somebody a link by e-mail; `link` makes the address of the page from a token.

    Raises AlreadyMember, NoSuchRole.
    """
    token = make_invitation(place=place, email=email, role=role, actor=actor)
    subject = " ".join(f"Invitation to {place}".split())  # a header is one line
    text = MAIL.format(
        inviter=(actor.name or actor.email) if actor else "The team of this portal",
        place=place,
        days=GOOD_FOR.days,
        link=link(token),
    )
    transaction.on_commit(lambda: send_mail(subject, text, None, [email]))


@transaction.atomic
def make_invitation(*, place: Place, email: str, role: str, actor: User | None) -> str:
    """A token that lets the owner of an address in; it is for that person's eyes alone.

    Raises AlreadyMember, NoSuchRole.
    """
    check_role(place, role)
    email = email.strip().lower()
    if place.members.filter(email=email).exists():
        raise AlreadyMember(f"{email} is a member of {place} already.")
    number = secrets.token_hex(8)
    _record("member.invited", place, actor, member=email, role=role, invitation=number)
    kind = "partner" if isinstance(place, Partner) else "workspace"
    return signing.dumps([kind, place.pk, email, role, number], salt=SALT)


def read_invitation(token: str) -> Invitation:
    """The invitation of a link. Raises InvitationRefused: too old, used, or not ours."""
    try:
        claims = signing.loads(token, salt=SALT, max_age=GOOD_FOR)
    except signing.SignatureExpired:
        raise InvitationRefused(
            "This invitation is too old. Ask for a new one."
        ) from None
    except signing.BadSignature:
        raise InvitationRefused(
            "This is not a whole invitation link. Copy all of it from the mail."
        ) from None
    kind, pk, email, role, number = claims
    place = _place(kind, pk)
    invitation = Invitation(place=place, email=email, role=role, number=number)
    _check_unused(invitation)
    return invitation


@transaction.atomic
def accept_invitation(*, invitation: Invitation, user: User) -> Membership:
    """Let a person in who has signed in. Raises NotYours, InvitationRefused."""
    if user.email.lower() != invitation.email:
        raise NotYours(
            f"This invitation is for {invitation.email}; you are signed in as {user}."
        )
    _check_unused(invitation)
    try:
        return add_member(
            place=invitation.place,
            user=user,
            role=invitation.role,
            actor=user,
            invitation=invitation.number,
        )
    except AlreadyMember as error:
        raise InvitationRefused(str(error)) from None


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


def _create_user(email: str) -> User:
    try:
        with transaction.atomic():
            return User.objects.create_user(email)
    except IntegrityError:  # the same link, opened twice at once
        raise HasAccount(f"{email} has an account: sign in with it.") from None


def _place(kind: str, pk: int) -> Place:
    places = Partner.objects if kind == "partner" else Workspace.objects
    place: Place | None = places.filter(pk=pk).first()
    if place is None:
        raise InvitationRefused("What this invitation was for is gone.")
    return place


def _check_unused(invitation: Invitation) -> None:
    place = invitation.place
    of = {"partner": place} if isinstance(place, Partner) else {"workspace": place}
    joined = AuditEntry.objects.filter(action="member.joined", **of)
    if joined.filter(detail__invitation=invitation.number).exists():
        raise InvitationRefused("This invitation has been used. Sign in instead.")


def _record(action: str, place: Place, actor: User | None, **details: str) -> None:
    record(
        action,
        actor=actor,
        partner=place if isinstance(place, Partner) else None,
        workspace=place if isinstance(place, Workspace) else None,
        **details,
    )
