"""The events in quarantine that the filters of the list of events match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from streams.base.clock import now
from streams.events.search.quarantined import count_matches

if TYPE_CHECKING:
    from streams.portal.shared.access import WorkspaceAccess
    from streams.portal.workspace.forms import EventFilterForm

BUDGET_S = 0.05  # of a search through the quarantine


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """How many events match, at least, and the URL of their list."""

    total: int
    is_complete: bool
    link: str


def quarantined(access: WorkspaceAccess, form: EventFilterForm) -> Quarantined | None:
    """Return the events in quarantine that the list leaves out; None: there are none.

    A list of one status leaves none out: events in quarantine have another status.
    """
    feed = access.the_feed
    wanted = form.search(now())
    if not feed.quarantined or not form.is_valid() or wanted.outcome is not None:
        return None
    total, is_complete = feed.quarantined, True
    if form.is_filtered:
        found = count_matches([feed], wanted.filter(feed), budget_s=BUDGET_S)
        total, is_complete = found.total, found.is_complete
    if is_complete and not total:
        return None
    link = quarantine_url(access, form)
    return Quarantined(total=total, is_complete=is_complete, link=link)


def quarantine_url(access: WorkspaceAccess, form: EventFilterForm) -> str:
    """Return the URL of the list of events in quarantine with the same filters."""
    page = reverse("portal:quarantine", args=[access.workspace.public_id])
    return f"{page}{form.quarantine_query()}#list"
