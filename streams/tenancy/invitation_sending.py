"""Invitation emails, with their rate limits and activity log entries.

An email is sent after the invitation is committed, so one that is rolled back sends nothing.
The activity log records an invitation as sent only if the email server accepted the email.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.base.clock import now
from streams.base.email import message, send
from streams.base.rate_limit import RateLimit, consume
from streams.base.text.validation import one_line
from streams.tenancy.invitation_model import Invitation
from streams.tenancy.invitations import (
    GOOD_FOR,
    make_invitation,
    may_not_invite,
    record_invitation,
    token_of,
)
from streams.tenancy.members import lock_place, may_invite
from streams.tenancy.models import Partner, WorkspaceMembership

if TYPE_CHECKING:
    from django.core.mail import EmailMessage

    from streams.tenancy.members import Place
    from streams.tenancy.models import User

BY_PERSON = RateLimit(
    name="invitations-person",
    counts="invitation emails that one person sends",
    amount=20,
    period=timedelta(hours=1),
)
TO_PLACE = RateLimit(
    name="invitations-place",
    counts="invitation emails for one workspace, or for one partner's team",
    amount=30,
    period=timedelta(hours=1),
)
OF_PARTNER = RateLimit(
    name="invitations-partner",
    counts="invitation emails for one partner and all of its workspaces together",
    amount=100,
    period=timedelta(days=1),
)
TO_EMAIL = RateLimit(
    name="invitations-email",
    counts="invitation emails to one email address",
    amount=5,
    period=timedelta(days=1),
)
LIMITS = (BY_PERSON, TO_PLACE, OF_PARTNER, TO_EMAIL)

type Link = Callable[[str], str]  # returns the URL of the page for a token


def invite(
    *, place: Place, email: str, role: str, actor: User, link: Link
) -> Invitation:
    """Create an invitation and email its link once it is committed.

    After the commit, `sent_at` is None if the email couldn't be sent. Raises AlreadyMember,
    MayNotInvite, NoSuchRole, PlaceRemoved, RateLimited.
    """
    with transaction.atomic():
        invitation = make_invitation(place=place, email=email, role=role, actor=actor)
        _count(invitation, actor)
        _send_on_commit(invitation, actor, link)
    return invitation


@transaction.atomic
def invite_all(
    *, place: Place, emails: Iterable[str], role: str, actor: User, link: Link
) -> list[Invitation]:
    """Invite all of these people, as `invite` does, or no one.

    Raises AlreadyMember, MayNotInvite, NoSuchRole, PlaceRemoved, RateLimited.
    """
    return [
        invite(place=place, email=email, role=role, actor=actor, link=link)
        for email in emails
    ]


def resend_invitation(*, invitation: Invitation, actor: User, link: Link) -> None:
    """Email the link again, valid for another week and with `actor` as the sender.

    The email is sent, and `sent_at` set, as in `invite`. Raises MayNotInvite, PlaceRemoved,
    RateLimited.
    """
    if not may_invite(actor, invitation.place):
        raise may_not_invite(invitation.place)
    _count(invitation, actor)
    with transaction.atomic():
        lock_place(invitation.place)
        invitation.invited_by, invitation.sent_at = actor, None
        invitation.expires_at = now() + GOOD_FOR
        invitation.save(update_fields=["invited_by", "sent_at", "expires_at"])
        _send_on_commit(invitation, actor, link)


def _count(invitation: Invitation, actor: User) -> None:
    """Count an invitation email. Raises RateLimited."""
    place = invitation.place
    partner = place if isinstance(place, Partner) else place.partner
    consume(BY_PERSON, str(actor.pk))
    consume(TO_PLACE, f"{type(place).__name__}:{place.pk}")
    consume(OF_PARTNER, str(partner.pk))
    consume(TO_EMAIL, invitation.email)


def _send_on_commit(invitation: Invitation, actor: User, link: Link) -> None:
    place = one_line(str(invitation.place))
    subject = _("You've been invited to join %(place)s") % {"place": place}
    body = _body(invitation, actor, link(token_of(invitation)))
    email = message(subject, body, [invitation.email])
    transaction.on_commit(lambda: _send(email, invitation, actor))


def _send(email: EmailMessage, invitation: Invitation, actor: User) -> None:
    if send(email, about="invitation"):
        invitation.sent_at = now()
        # Someone may have removed the workspace, with its invitations, since the commit.
        Invitation.objects.filter(pk=invitation.pk).update(sent_at=invitation.sent_at)
        record_invitation("member.invited", invitation, actor)
    else:
        record_invitation("member.invitation_not_sent", invitation, actor)


def _body(invitation: Invitation, actor: User, link: str) -> str:
    days = GOOD_FOR.days
    paragraphs = [
        who_invited(invitation, actor),
        _("Your role: %(role)s") % {"role": invitation.role_label},
        _("To accept the invitation, open this link:"),
        link,
        ngettext(
            "The link works once and expires in %(days)d day.",
            "The link works once and expires in %(days)d days.",
            days,
        )
        % {"days": days},
        _("If you weren't expecting this invitation, ignore this email."),
        _("Partner Portal"),
    ]
    return "\n\n".join(paragraphs) + "\n"


def who_invited(invitation: Invitation, actor: User) -> str:
    """Say who invites to what; a person of the partner is named with the partner."""
    person = one_line(actor.name) or actor.email
    place = one_line(str(invitation.place))
    if invitation.workspace is None:
        said = _("%(person)s invited you to join the %(partner)s team.")
        return said % {"person": person, "partner": place}
    partner = invitation.workspace.partner
    names = {
        "person": person,
        "partner": one_line(str(partner)),
        "workspace": place,
    }
    by_partner = partner.members.filter(pk=actor.pk).exists()
    if invitation.role == WorkspaceMembership.Role.VIEWER:  # can't connect anything
        said = (
            _("%(person)s (%(partner)s) invited you to join %(workspace)s as a viewer.")
            if by_partner
            else _("%(person)s invited you to join %(workspace)s as a viewer.")
        )
    else:
        said = (
            _(
                "%(person)s (%(partner)s) invited you to connect %(workspace)s to Segment."
            )
            if by_partner
            else _("%(person)s invited you to connect %(workspace)s to Segment.")
        )
    return said % names
