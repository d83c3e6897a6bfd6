"""The recipients of notices: the admins of a workspace, or of a partner."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from streams.alerts.models import Notice
from streams.tenancy.models import (
    PartnerMembership,
    Workspace,
    WorkspaceMembership,
)

if TYPE_CHECKING:
    from collections.abc import Collection

# They are admins of the partner's test workspaces (portal/shared/access.py).
_TESTERS = (PartnerMembership.Role.DEVELOPER, PartnerMembership.Role.ADMIN)


CHANNELS = (Notice.Channel.EMAIL, Notice.Channel.INBOX)


class Route(NamedTuple):
    """A way to notify someone."""

    user: int
    channel: str


def routes(workspace_ids: Collection[int]) -> dict[int, list[Route]]:
    """Return how to notify the people of each workspace."""
    return _by_all_channels(recipients(workspace_ids))


def partner_routes(partner_ids: Collection[int]) -> dict[int, list[Route]]:
    """Return how to notify the people of each partner."""
    return _by_all_channels(partner_recipients(partner_ids))


def _by_all_channels(people: dict[int, set[int]]) -> dict[int, list[Route]]:
    found: dict[int, list[Route]] = defaultdict(list)
    for place, users in people.items():
        found[place] = [
            Route(user, channel) for user in sorted(users) for channel in CHANNELS
        ]
    return found


def recipients(workspace_ids: Collection[int]) -> dict[int, set[int]]:
    """Return the users to notify, by workspace. Takes two queries, for any number."""
    found: dict[int, set[int]] = defaultdict(set)
    admins = WorkspaceMembership.objects.filter(
        workspace__in=workspace_ids,
        role=WorkspaceMembership.Role.ADMIN,
        user__is_active=True,
    )
    testers = Workspace.objects.filter(
        pk__in=workspace_ids,
        is_test=True,
        partner__memberships__role__in=_TESTERS,
        partner__memberships__user__is_active=True,
    )
    for workspace, user in admins.values_list("workspace", "user"):
        found[workspace].add(user)
    for workspace, user in testers.values_list("pk", "partner__memberships__user"):
        found[workspace].add(user)
    return found


def partner_recipients(partner_ids: Collection[int]) -> dict[int, set[int]]:
    """Return the admins of each partner."""
    found: dict[int, set[int]] = defaultdict(set)
    admins = PartnerMembership.objects.filter(
        partner__in=partner_ids,
        role=PartnerMembership.Role.ADMIN,
        user__is_active=True,
    )
    for partner, user in admins.values_list("partner", "user"):
        found[partner].add(user)
    return found
