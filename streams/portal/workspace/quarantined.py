"""The events in quarantine, of a list of events and of a list of issues."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from streams.base.clock import now
from streams.events import quarantine
from streams.events.search.quarantined import count_matches

if TYPE_CHECKING:
    from collections.abc import Sequence

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


class HeldByIssue:
    """The numbers of events in quarantine, by the rule that they broke and their name."""

    def __init__(self, feed_ids: Sequence[int]) -> None:
        self._counts = Counter[tuple[str, str]]()
        for group in quarantine.kinds(feed_ids):
            self._counts[group.rule, group.name] += group.events

    def of(self, name: str, rules: Sequence[str]) -> tuple[int, str]:
        """Return how many events broke one of the rules, and which: the most frequent."""
        rule = max(rules, key=lambda one: self._counts[one, name])
        return (self._counts[rule, name] if name else 0), rule
