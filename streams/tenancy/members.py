"""Members of partners and workspaces: their roles, and the right to invite others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from streams.audit.services import record
from streams.base.clock import now
from streams.base.email import message, send_soon
from streams.base.text.validation import one_line
from streams.tenancy.invitation_model import Invitation
from streams.tenancy.models import (
    Partner,
    PartnerMembership,
    Workspace,
    WorkspaceMembership,
)

if TYPE_CHECKING:
    from django.core.mail import EmailMessage
    from django.db.models import QuerySet

    from streams.tenancy.models import User

type Place = Partner | Workspace
type Membership = PartnerMembership | WorkspaceMembership

ADMIN = "admin"  # of partners and of workspaces


class AlreadyMember(ValueError):
    """The person is already a member."""


class LastAdmin(ValueError):
    """The place must keep at least one admin."""


class NoSuchRole(ValueError):
    """The place has no such role."""


class PlaceRemoved(ValueError):
    """The workspace was deleted as an empty one; the message is for people."""


@transaction.atomic
def add_member(
    *, place: Place, user: User, role: str, actor: User | None, invitation: str = ""
) -> Membership:
    """Make a person a member. Raises AlreadyMember, NoSuchRole, PlaceRemoved."""
    check_role(place, role)
    lock_place(place)
    try:
        with transaction.atomic():
            membership = _create(place, user, role)
    except IntegrityError:
        raise already_member(str(user), place) from None
    details = {"invitation": invitation} if invitation else {}
    _record("member.joined", membership, actor, **details)
    # If the person was invited twice, the other link must not let them rejoin after removal.
    open_invitations(place, user.email).update(withdrawn_at=now())
    if role == ADMIN:
        _tell_admins(membership, actor)
    return membership


@transaction.atomic
def change_role(*, membership: Membership, role: str, actor: User | None) -> None:
    """Change a member's role. Raises LastAdmin, NoSuchRole."""
    check_role(place_of(membership), role)
    if role != ADMIN:
        _keep_an_admin(membership)
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    _record("member.role_changed", membership, actor, before=before)
    if role == ADMIN != before:
        _tell_admins(membership, actor)


@transaction.atomic
def remove_member(*, membership: Membership, actor: User | None) -> None:
    """Remove a member, and withdraw their open invitations. Raises LastAdmin."""
    _keep_an_admin(membership)
    _record("member.removed", membership, actor)
    left = open_invitations(place_of(membership), membership.user.email)
    left.update(withdrawn_at=now())
    membership.delete()


@transaction.atomic
def leave(*, membership: Membership, successor: Membership | None = None) -> None:
    """Remove a member who leaves; `successor` becomes an admin first. Raises LastAdmin."""
    if successor is not None:
        change_role(membership=successor, role=ADMIN, actor=membership.user)
    remove_member(membership=membership, actor=membership.user)


def is_last_admin(membership: Membership) -> bool:
    """Whether the place has no other admin."""
    others = place_of(membership).memberships.filter(role=ADMIN)
    return membership.role == ADMIN and not others.exclude(pk=membership.pk).exists()


def may_invite(person: User | None, place: Place) -> bool:
    """Whether a person may invite others; None stands for the portal itself.

    A partner's developers and admins may invite to a test workspace, and to a workspace that
    has no admin of its own.
    """
    if person is None:
        return True
    if not person.is_active:
        return False
    if place.memberships.filter(user=person, role=ADMIN).exists():
        return True
    if isinstance(place, Partner):
        return False
    has_admin = place.memberships.filter(role=ADMIN, user__is_active=True).exists()
    develop = (PartnerMembership.Role.DEVELOPER, PartnerMembership.Role.ADMIN)
    of_partner = place.partner.memberships.filter(user=person, role__in=develop)
    return (place.is_test or not has_admin) and of_partner.exists()


def lock_place(place: Place) -> None:
    """Lock the place until the end of the transaction, so that it isn't removed.

    Not FOR UPDATE, because events that are being stored constantly refer to the row.
    Raises PlaceRemoved.
    """
    rows = type(place)._default_manager.select_for_update(no_key=True)
    if not rows.filter(pk=place.pk).values_list("pk", flat=True):
        raise PlaceRemoved(
            _("%(place)s was deleted in the meantime, because it was empty.")
            % {"place": place}
        )


def open_invitations(place: Place, email: str) -> QuerySet[Invitation]:
    """Return a person's invitations that were neither accepted nor withdrawn."""
    return Invitation.objects.filter(
        **columns_of(place), email=email, accepted_at=None, withdrawn_at=None
    )


def columns_of(place: Place) -> dict[str, Any]:
    """Return the place as the column of a row that belongs to a partner or a workspace."""
    return {"partner" if isinstance(place, Partner) else "workspace": place}


def place_of(membership: Membership) -> Place:
    """Return the partner or workspace of a membership."""
    if isinstance(membership, PartnerMembership):
        return membership.partner
    return membership.workspace


def check_role(place: Place, role: str) -> None:
    """Raise NoSuchRole unless the place has the role."""
    roles = (
        PartnerMembership.Role
        if isinstance(place, Partner)
        else WorkspaceMembership.Role
    )
    if role not in roles.values:
        raise NoSuchRole(
            _("“%(role)s” isn't a role of %(place)s. Select a role from the list.")
            % {"role": role, "place": place}
        )


def already_member(email: str, place: Place) -> AlreadyMember:
    """Return the error for a person who is already a member of the place."""
    return AlreadyMember(
        _("%(email)s is already a member of %(place)s.")
        % {"email": email, "place": place}
    )


def _create(place: Place, user: User, role: str) -> Membership:
    if isinstance(place, Partner):
        return PartnerMembership.objects.create(partner=place, user=user, role=role)
    return WorkspaceMembership.objects.create(workspace=place, user=user, role=role)


def _keep_an_admin(membership: Membership) -> None:
    """Raise LastAdmin if the membership is the only admin's."""
    # Lock all admins, so that two who remove each other at the same time take turns.
    place = place_of(membership)
    admins = place.memberships.select_for_update().filter(role=ADMIN)
    if list(admins.order_by("pk").values_list("pk", flat=True)) == [membership.pk]:
        raise LastAdmin(
            _(
                "%(email)s is the only admin of %(place)s. Make someone else an admin first."
            )
            % {"email": membership.user, "place": place}
        )


def _tell_admins(membership: Membership, actor: User | None) -> None:
    """Email the other admins of the place about a new admin."""
    place = place_of(membership)
    others = place.memberships.filter(role=ADMIN, user__is_active=True)
    others = others.exclude(user__in=[membership.user, *([actor] if actor else [])])
    to = list(others.order_by("pk").values_list("user__email", flat=True))
    if to:
        email = _new_admin_email(membership, actor, to)
        transaction.on_commit(lambda: send_soon(email, about="admin_added"))


def _new_admin_email(
    membership: Membership, actor: User | None, to: list[str]
) -> EmailMessage:
    names = {
        "email": membership.user,
        "place": one_line(str(place_of(membership))),
        "actor": actor,
    }
    changed_by = (
        _("Changed by: %(actor)s") if actor else _("Changed by: the portal operator")
    )
    paragraphs = [
        _(
            "%(email)s is now an admin of %(place)s. Admins can invite and remove members."
        ),
        changed_by,
        _("If you weren't expecting this, remove the person on the Members page."),
        _("Partner Portal"),
    ]
    body = "\n\n".join(paragraphs) + "\n"
    return message(_("%(place)s has a new admin") % names, body % names, to)


def _record(
    action: str, membership: Membership, actor: User | None, **details: Any
) -> None:
    place = place_of(membership)
    record(
        action,
        actor=actor,
        **columns_of(place),
        member=membership.user.email,
        role=membership.role,
        **details,
    )
