"""The people of places, with their roles and choices: how each of them gets notices."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q

from streams.alerts.people.defaults import CHANNELS, IN_PARTNER, IN_WORKSPACE
from streams.alerts.people.digests import Cadence
from streams.alerts.people.models import ALL_KINDS, NoticeChoice
from streams.tenancy.models import (
    Partner,
    PartnerMembership,
    Workspace,
    WorkspaceMembership,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

# They are admins of the partner's test workspaces (portal/shared/access.py).
TESTERS = (PartnerMembership.Role.DEVELOPER, PartnerMembership.Role.ADMIN)


class Place(NamedTuple):
    """A workspace, or a partner, by its primary key."""

    kind: str  # workspace, partner
    pk: int


class Route(NamedTuple):
    """A way to notify someone."""

    user: int
    channel: str
    cadence: str = Cadence.NOW


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
        defaults = IN_WORKSPACE if place.kind == "workspace" else IN_PARTNER
        return {str(key): when for key, when in defaults[role].items()}[channel]


def workspace(pk: int) -> Place:
    return Place("workspace", pk)


def partner(pk: int) -> Place:
    return Place("partner", pk)


def place_of(owner: Workspace | Partner) -> Place:
    return partner(owner.pk) if isinstance(owner, Partner) else workspace(owner.pk)


def people_of(places: Iterable[Place], *, user: int | None = None) -> People:
    """Load the people of places, or one of them; at most four queries for any number."""
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
    choices = NoticeChoice.objects.filter(
        Q(workspace__in=ids["workspace"]) | Q(partner__in=ids["partner"]), **only
    )
    rows = choices.values_list(
        "workspace", "partner", "user", "condition", "channel", "cadence"
    )
    for of_workspace, of_partner, person, condition, channel, cadence in rows:
        place = workspace(of_workspace) if of_workspace else partner(of_partner or 0)
        found.chosen[place, person, condition, channel] = cadence
    return found


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


def people_in(owner: Workspace | Partner) -> set[int]:
    """Return the IDs of the people of a place, whose emails its pages may show."""
    place = place_of(owner)
    return set(people_of([place]).roles[place])
