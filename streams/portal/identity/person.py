"""A person as the identity map and the log know them, for the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.events.search import scan
from streams.events.search.event_filter import EventFilter
from streams.identity.lookup import find, links_of
from streams.identity.models import Link, LinkChange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.events.models import Event, Feed
    from streams.portal.identity.forms import PersonForm

MOST_LINKS = MOST_CHANGES = 50
MOST_EVENTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The links of one userId, by kind, with their history and the latest events."""

    user_id: str
    links: Sequence[Link]
    has_more_links: bool
    history: Sequence[LinkChange]
    events: Sequence[Event]
    searched_all: bool  # there are no more events of the person


def look_up(feed: Feed, form: PersonForm) -> Person | None:
    """Return the person that a valid form names; None: the map has no such person."""
    user_id = form.user_id
    if identifier := form.identifier:
        found = find(feed.pk, [identifier]).get(identifier)
        # Someone may just have replaced the userId, which `find` caches.
        link = Link.objects.filter(pk=found.id).first() if found else None
        user_id = link.user_id if link else None
    if user_id is None:
        return None
    links = list(links_of(feed.pk, user_id)[: MOST_LINKS + 1])
    if not links:
        return None
    page = scan.page(feed, filters=EventFilter(user_id=user_id), limit=MOST_EVENTS)
    return Person(
        user_id=user_id,
        links=links[:MOST_LINKS],
        has_more_links=len(links) > MOST_LINKS,
        history=_history(links[:MOST_LINKS]),
        events=page.events,
        searched_all=page.next_before is None,
    )


def _history(links: Sequence[Link]) -> list[LinkChange]:
    changes = LinkChange.objects.filter(link_id__in=[link.pk for link in links])
    return list(changes.order_by("-number")[:MOST_CHANGES])
