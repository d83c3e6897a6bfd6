"""Context of the navigation: the user's partners and workspaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from streams.portal.shared.shortcuts import SHORTCUTS
from streams.tenancy.models import Partner, User, Workspace

if TYPE_CHECKING:
    from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class AccessibleTenants:
    """Partners and workspaces that a user may open."""

    partners: list[Partner]
    workspaces: list[Workspace]

    @property
    def several(self) -> bool:
        return len(self.partners) + len(self.workspaces) > 1


def tenants_of(user: User) -> AccessibleTenants:
    """Return the partners and workspaces that a user is a member of, by name."""
    partners = Partner.objects.filter(memberships__user=user).order_by("name")
    workspaces = (
        Workspace.objects.filter(memberships__user=user)
        .select_related("partner")
        .order_by("name")
    )
    return AccessibleTenants(list(partners), list(workspaces))


def navigation(request: HttpRequest) -> dict[str, object]:
    """Context of every page's frame; queries the database only when rendered."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"zone": timezone.get_current_timezone_name(), "theme": ""}
    return {
        "theme": user.theme,
        "zone": timezone.get_current_timezone_name(),
        "tenants": SimpleLazyObject(lambda: tenants_of(user)),
        "shortcuts": SHORTCUTS,
    }
