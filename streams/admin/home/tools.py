"""Pages about the portal itself and how to operate it, on the first page of the admin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from streams.admin.monitoring.refused_requests import SEES_PARTNERS
from streams.base.outbox import outbox_folder

if TYPE_CHECKING:
    from streams.tenancy.models import User


@dataclass(frozen=True, slots=True)
class PageLink:
    """A page that isn't a list of a model."""

    title: str
    url: str


def tools(user: User) -> list[PageLink]:
    """Return the pages about the portal itself that the operator may see."""
    guide = reverse("docs:guide", args=["operators"])
    found = [
        *_refused_requests(user),
        PageLink(_("Readiness"), reverse("api:ready-details")),
        PageLink(_("Operator guide"), guide),
    ]
    if user.is_superuser and outbox_folder() is not None:
        found.append(PageLink(_("Outbox"), reverse("outbox")))
    return found


def _refused_requests(user: User) -> list[PageLink]:
    if not user.has_perm(SEES_PARTNERS):
        return []
    return [PageLink(_("Refused requests"), reverse("admin:refused-requests"))]
