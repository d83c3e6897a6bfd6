"""The people of places, with their roles and choices: how each of them gets notices."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from django.contrib.auth.models import Permission
from django.db.models import Q

from streams.alerts.people.defaults import (
    CHANNELS,
    IN_PARTNER,
    IN_PORTAL,
    IN_WORKSPACE,
    OPERATOR,
)
from streams.alerts.people.digests import Cadence
from streams.alerts.people.models import ALL_KINDS, NoticeChoice
from streams.tenancy.models import (
    Partner,
    PartnerMembership,
    User,
    Workspace,
    WorkspaceMembership,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from django.db.models import QuerySet

# They are admins of the partner's test workspaces (portal/shared/access.py).
TESTERS = (PartnerMembership.Role.DEVELOPER, PartnerMembership.Role.ADMIN)


class Place(NamedTuple):
    """A workspace or a partner, by its primary key, or the portal for its operators."""

    kind: str  # workspace, partner, portal
    pk: int


PORTAL = Place("portal", 0)


class Route(NamedTuple):
    """A way to notify someone."""

    user: int
    channel: str
    cadence: str = Cadence.NOW


@dataclass(frozen=True, slots=True)
class Portal:
    """The portal itself, whose alerts operators get."""


@dataclass(slots=True)
class People:
    """The people of some places. Those whose account is not in use are left out."""

    roles: dict[Place, dict[int, str]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    chosen: dict[tuple[Place, int, str, str], str] = field(default_factory=dict)

    def routes(self, place: Place, condition: str) -> Iterator[Route]:
        """Yield how to notify the people of a place about a condition."""
        for user in sorted(self.roles.get(place, ())):
            for channel in CHANNELS:
                cadence = self.cadence(place, user, condition, channel)
                if cadence != Cadence.OFF:
                    yield Route(user, channel, cadence)

    def cadence(self, place: Place, user: int, condition: str, channel: str) -> str:
        """Return when a person gets notices; OFF also for those who are not of the place."""
        role = self.roles.get(place, {}).get(user)
        if role is None:
            return Cadence.OFF
        for kind in (condition, ALL_KINDS):
            if (chosen := self.chosen.get((place, user, kind, channel))) is not None:
                return chosen
        defaults = DEFAULTS[place.kind]
        return {str(key): when for key, when in defaults[role].items()}[channel]


DEFAULTS = {"workspace": IN_WORKSPACE, "partner": IN_PARTNER, "portal": IN_PORTAL}


def workspace(pk: int) -> Place:
    return Place("workspace", pk)


def partner(pk: int) -> Place:
    return Place("partner", pk)


def place_of(owner: Workspace | Partner | Portal) -> Place:
    if isinstance(owner, Portal):
        return PORTAL
    return partner(owner.pk) if isinstance(owner, Partner) else workspace(owner.pk)


def operators() -> QuerySet[User]:
    """Return the operators who may see alerts in the admin."""
    may = Permission.objects.filter(
        codename="view_alert", content_type__app_label="streams"
    )
    allowed = Q(is_superuser=True) | Q(user_permissions__in=may)
    allowed |= Q(groups__permissions__in=may)
    return User.objects.filter(allowed, is_active=True, is_staff=True).distinct()


def people_of(places: Iterable[Place], *, user: int | None = None) -> People:
    """Load the people of places, or one of them; at most five queries for any number."""
    found = People()
    ids: dict[str, set[int]] = defaultdict(set)
    for place in places:
        ids[place.kind].add(place.pk)
    only = {} if user is None else {"user": user}
    if ids["workspace"]:
        _add_members(found, ids["workspace"], only)
    if ids["partner"]:
        members = PartnerMembership.objects.filter(
            partner__in=ids["partner"], user__is_active=True, **only
        )
        for pk, person, role in members.values_list("partner", "user", "role"):
            found.roles[partner(pk)][person] = role
    chosen = Q(workspace__in=ids["workspace"]) | Q(partner__in=ids["partner"])
    if ids["portal"]:
        for person in _some(operators(), user).values_list("pk", flat=True):
            found.roles[PORTAL][person] = OPERATOR
        chosen |= Q(workspace=None, partner=None)
    choices = NoticeChoice.objects.filter(chosen, **only)
    rows = choices.values_list(
        "workspace", "partner", "user", "condition", "channel", "cadence"
    )
    for of_workspace, of_partner, person, condition, channel, cadence in rows:
        place = PORTAL
        if of_workspace or of_partner:
            place = partner(of_partner) if of_partner else workspace(of_workspace or 0)
        found.chosen[place, person, condition, channel] = cadence
    return found


def _some(people: QuerySet[User], user: int | None) -> QuerySet[User]:
    return people if user is None else people.filter(pk=user)


def _add_members(found: People, ids: Collection[int], only: dict[str, int]) -> None:
    testers = PartnerMembership.objects.filter(
        partner__workspaces__in=ids,
        partner__workspaces__is_test=True,
        role__in=TESTERS,
        user__is_active=True,
        **only,
    )
    for pk, person in testers.values_list("partner__workspaces", "user"):
        found.roles[workspace(pk)][person] = WorkspaceMembership.Role.ADMIN
    members = WorkspaceMembership.objects.filter(
        workspace__in=ids, user__is_active=True, **only
    )
    for pk, person, role in members.values_list("workspace", "user", "role"):
        found.roles[workspace(pk)][person] = role
