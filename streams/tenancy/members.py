"""Who belongs to a partner or a workspace, and as what, and who may let others in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from streams.audit.services import record
from streams.base.clock import now
from streams.base.mail import message, send_soon
from streams.base.text import one_line
from streams.tenancy.models import (
    Invitation,
    Partner,
    PartnerMembership,
    Workspace,
    WorkspaceMembership,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from streams.tenancy.models import User

type Place = Partner | Workspace
type Membership = PartnerMembership | WorkspaceMembership

ADMIN = "admin"  # in both


class AlreadyMember(ValueError):
    """The person belongs to the place."""


class LastAdmin(ValueError):
    """Without this admin, nobody could decide who belongs to the place."""


class NoSuchRole(ValueError):
    """The place has no such role."""


@transaction.atomic
def add_member(
    *, place: Place, user: User, role: str, actor: User | None, invitation: str = ""
) -> Membership:
    """Let a person in. Raises AlreadyMember, NoSuchRole."""
    check_role(place, role)
    try:
        with transaction.atomic():
            membership = _create(place, user, role)
    except IntegrityError:
        raise AlreadyMember(f"{user} is a member of {place} already.") from None
    details = {"invitation": invitation} if invitation else {}
    _record("member.joined", membership, actor, **details)
    # Invited twice: once removed, they must not come back by the other link.
    open_invitations(place, user.email).update(withdrawn_at=now())
    if role == ADMIN:
        _tell_admins(membership, actor)
    return membership


@transaction.atomic
def change_role(*, membership: Membership, role: str, actor: User | None) -> None:
    """Let a member be something else. Raises LastAdmin, NoSuchRole."""
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
    """Let a member see the place no more. Raises LastAdmin."""
    _keep_an_admin(membership)
    _record("member.removed", membership, actor)
    left = open_invitations(place_of(membership), membership.user.email)
    left.update(withdrawn_at=now())
    membership.delete()


def may_invite(person: User | None, place: Place) -> bool:
    """Whether a person decides who joins; None is the portal itself.

    A partner's developers and admins do so in a workspace only while it has no admin of its
    own, and in the test workspaces of the partner.
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


def open_invitations(place: Place, email: str) -> QuerySet[Invitation]:
    """Those of a person to a place that were neither accepted nor withdrawn."""
    return Invitation.objects.filter(
        **columns_of(place), email=email, accepted_at=None, withdrawn_at=None
    )


def columns_of(place: Place) -> dict[str, Any]:
    """The place as the column of a row that is about a partner or a workspace."""
    return {"partner" if isinstance(place, Partner) else "workspace": place}


def place_of(membership: Membership) -> Place:
    """What the member belongs to."""
    if isinstance(membership, PartnerMembership):
        return membership.partner
    return membership.workspace


def check_role(place: Place, role: str) -> None:
    """Raises NoSuchRole."""
    roles = (
        PartnerMembership.Role
        if isinstance(place, Partner)
        else WorkspaceMembership.Role
    )
    if role not in roles.values:
        raise NoSuchRole(f"{place} has no role {role!r}.")


def _create(place: Place, user: User, role: str) -> Membership:
    if isinstance(place, Partner):
        return PartnerMembership.objects.create(partner=place, user=user, role=role)
    return WorkspaceMembership.objects.create(workspace=place, user=user, role=role)


def _keep_an_admin(membership: Membership) -> None:
    """Refuse to take the only admin's power. Raises LastAdmin."""
    # All admins are locked: two who remove each other at once wait for one another.
    place = place_of(membership)
    admins = place.memberships.select_for_update().filter(role=ADMIN)
    if list(admins.order_by("pk").values_list("pk", flat=True)) == [membership.pk]:
        raise LastAdmin(f"{membership.user} is the only admin of {place}.")


def _tell_admins(membership: Membership, actor: User | None) -> None:
    """Email the other admins of the place that there is one more."""
    place = place_of(membership)
    others = place.memberships.filter(role=ADMIN, user__is_active=True)
    others = others.exclude(user__in=[membership.user, *([actor] if actor else [])])
    to = list(others.order_by("pk").values_list("user__email", flat=True))
    name = one_line(str(place))
    body = (
        f"{membership.user} is now an admin of {name}. Admins decide who joins and who"
        " leaves.\n\n"
        f"Changed by: {actor or 'the team that runs the portal'}\n\n"
        "If you don't expect this, remove the person on the Members page.\n"
    )
    mail = message(f"New admin of {name}", body, to)
    if to:
        transaction.on_commit(lambda: send_soon(mail, about="admin_added"))


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
