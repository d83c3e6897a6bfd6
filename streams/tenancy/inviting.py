"""Sending invitations: the email, how many of them there may be, and what is recorded.

The activity log says "Invited" only of an email that the mail server took.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from streams.base.clock import now
from streams.base.mail import message, send
from streams.base.rate_limit import Limit, consume
from streams.base.text import one_line
from streams.tenancy.invitations import (
    GOOD_FOR,
    MayNotInvite,
    make_invitation,
    record_invitation,
    token_of,
)
from streams.tenancy.members import may_invite
from streams.tenancy.models import Invitation, Partner

if TYPE_CHECKING:
    from streams.tenancy.members import Place
    from streams.tenancy.models import User

BY_PERSON = Limit(
    name="invitations-person",
    counts="invitation emails that one person sends",
    amount=20,
    period=timedelta(hours=1),
)
TO_PLACE = Limit(
    name="invitations-place",
    counts="invitation emails to one workspace, or to one partner's team",
    amount=30,
    period=timedelta(hours=1),
)
OF_PARTNER = Limit(
    name="invitations-partner",
    counts="invitation emails of one partner and all its workspaces together",
    amount=100,
    period=timedelta(days=1),
)
TO_EMAIL = Limit(
    name="invitations-email",
    counts="invitation emails to one address",
    amount=5,
    period=timedelta(days=1),
)
LIMITS = (BY_PERSON, TO_PLACE, OF_PARTNER, TO_EMAIL)

type Link = Callable[[str], str]  # the address of the page, from a token

BODY = """\
{sentence}

Open this link to join. It works once, for {days} days:

{link}

If you don't expect this invitation, ignore this email.
"""


def invite(
    *, place: Place, email: str, role: str, actor: User, link: Link
) -> Invitation:
    """Email a person a link. `sent_at` is None if the mail server did not take it.

    Raises AlreadyMember, MayNotInvite, NoSuchRole, RateLimited.
    """
    with transaction.atomic():
        invitation = make_invitation(place=place, email=email, role=role, actor=actor)
        _count(invitation, actor)
    _send(invitation, actor, link)
    return invitation


def resend_invitation(*, invitation: Invitation, actor: User, link: Link) -> None:
    """Email the link again; it works for a week from now, on the word of `actor`.

    `sent_at` is None if the mail server did not take it. Raises MayNotInvite, RateLimited.
    """
    if not may_invite(actor, invitation.place):
        raise MayNotInvite(f"{invitation.place} has an admin, who invites its people.")
    _count(invitation, actor)
    invitation.invited_by, invitation.sent_at = actor, None
    invitation.expires_at = now() + GOOD_FOR
    invitation.save(update_fields=["invited_by", "sent_at", "expires_at"])
    _send(invitation, actor, link)


def _count(invitation: Invitation, actor: User) -> None:
    """Raises RateLimited."""
    place = invitation.place
    partner = place if isinstance(place, Partner) else place.partner
    consume(BY_PERSON, str(actor.pk))
    consume(TO_PLACE, f"{type(place).__name__}:{place.pk}")
    consume(OF_PARTNER, str(partner.pk))
    consume(TO_EMAIL, invitation.email)


def _send(invitation: Invitation, actor: User, link: Link) -> None:
    body = BODY.format(
        sentence=_sentence(invitation, actor),
        days=GOOD_FOR.days,
        link=link(token_of(invitation)),
    )
    subject = one_line(f"Invitation to {invitation.place}")
    if send(message(subject, body, [invitation.email]), about="invitation"):
        invitation.sent_at = now()
        invitation.save(update_fields=["sent_at"])
        record_invitation("member.invited", invitation, actor)
    else:
        record_invitation("member.invitation_not_sent", invitation, actor)


def _sentence(invitation: Invitation, actor: User) -> str:
    who, place = one_line(actor.name) or actor.email, one_line(str(invitation.place))
    if invitation.partner:
        return f"{who} invited you to join the team of {place}."
    assert invitation.workspace  # noqa: S101 - it is one of both
    partner = one_line(str(invitation.workspace.partner))
    if invitation.workspace.partner.members.filter(pk=actor.pk).exists():
        who = f"{who} ({partner})"
    return f"{who} invited you to connect {place} to Segment."
