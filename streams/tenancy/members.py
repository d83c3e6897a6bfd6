"""Who belongs to a partner or a workspace, and as what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from streams.audit.services import record
from streams.tenancy.models import (
    Partner,
    PartnerMembership,
    Workspace,
    WorkspaceMembership,
)

if TYPE_CHECKING:
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


@transaction.atomic
def remove_member(*, membership: Membership, actor: User | None) -> None:
    """Let a member see the place no more. Raises LastAdmin."""
    _keep_an_admin(membership)
    _record("member.removed", membership, actor)
    membership.delete()


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


def _record(
    action: str, membership: Membership, actor: User | None, **details: str
) -> None:
    place = place_of(membership)
    record(
        action,
        actor=actor,
        partner=place if isinstance(place, Partner) else None,
        workspace=place if isinstance(place, Workspace) else None,
        member=membership.user.email,
        role=membership.role,
        **details,
    )
