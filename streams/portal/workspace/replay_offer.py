"""How the events that the list shows can be replayed together, or why they can't."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from streams.base.clock import now
from streams.delivery.outcome_search import EventOutcome
from streams.portal.shared.navigation_tags import to

if TYPE_CHECKING:
    from streams.events.search.scan import EventPage
    from streams.portal.shared.access import WorkspaceAccess
    from streams.portal.workspace.forms import EventFilterForm


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOffer:
    """The URL that previews a replay of all matches, or why there is none.

    Both are empty if no filter is set, or one is invalid.
    """

    link: str = ""
    obstacle: str = ""
    without: str = ""  # the URL query of the list without the filter in the way


def replay_offer(
    access: WorkspaceAccess, form: EventFilterForm, page: EventPage | None
) -> ReplayOffer:
    """Return what the list of events offers, for someone who may replay.

    A replay has most of the filters of the list. With the others, its events can still be
    selected one by one, which a link does if all of them are on this page.
    """
    if page is None or not form.is_filtered:
        return ReplayOffer()
    query = form.replay_query(now())
    if query is not None:
        return ReplayOffer(link=to(access, "replay-new", count=1, ids="same", **query))
    if form.values.get("outcome") == EventOutcome.QUEUED:
        return ReplayOffer(
            obstacle=_(
                "Queued events can't be replayed, because they haven't been sent yet."
            )
        )
    if form.before() is None and page.next_before is None and page.events:
        return ReplayOffer(link=_of_page(access, page))
    return _obstacle(form)


def _of_page(access: WorkspaceAccess, page: EventPage) -> str:
    seqs = [event.seq for event in page.events]
    return to(access, "replay-new", count=1, ids="same", selected="on", seqs=seqs)


def _obstacle(form: EventFilterForm) -> ReplayOffer:
    if "rule" in form.values:
        return ReplayOffer(
            obstacle=_(
                "A replay can't be limited to events with an issue, because the issues"
                " change with the tracking plan. Select events on this page, or filter by"
                " event name instead."
            ),
            without=form.query(rule=None),
        )
    return ReplayOffer(
        obstacle=_(
            "A replay can't be limited to this status. Select events on this page, or"
            " replay events with any status."
        ),
        without=form.query(outcome=None),
    )
