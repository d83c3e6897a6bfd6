"""Events of suppressed people, which are counted and not stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from streams.base.request_errors import RequestRefused
from streams.events.people.identifiers import (
    FIELD,
    every_identifier,
    every_kind,
    every_user_id,
)
from streams.ingest.event_decision import InvalidEvent, ParsedEvent, RefusedEvent
from streams.ingest.http.responses import suppressed
from streams.ingest.people.person_events import PersonEvent
from streams.spec.identity_rules import UNRESOLVED

if TYPE_CHECKING:
    from streams.identity.suppression.people import SuppressedPeople
    from streams.ingest.credential_lookup import CredentialLookup
    from streams.ingest.credentials.credential_cache import ResolvedFeed

type ReadEvent = ParsedEvent | PersonEvent | InvalidEvent


def have_suppressed_people(
    feeds: Mapping[str | None, ResolvedFeed | RequestRefused],
) -> bool:
    """Whether someone is suppressed in one of these feeds."""
    for feed in feeds.values():
        if not isinstance(feed, RequestRefused) and feed.suppression:
            return True
    return False


def suppressed_events(
    sent: Sequence[ReadEvent],
    events: Sequence[ParsedEvent | InvalidEvent],
    feeds: Mapping[str | None, ResolvedFeed | RequestRefused],
    slug: str,
    lookup: CredentialLookup,
) -> dict[int, RefusedEvent]:
    """Return the results of the events of suppressed people, by their place in the request.

    `sent` are the same events before their userIds were looked up. Raises NotCached.
    """
    people: dict[int, SuppressedPeople | None] = {}
    found: dict[int, RefusedEvent] = {}
    for place, (before, event) in enumerate(zip(sent, events, strict=True)):
        feed = feeds.get(event.workspace)
        if feed is None or isinstance(feed, RequestRefused) or not feed.suppression:
            continue
        if feed.feed_id not in people:
            people[feed.feed_id] = lookup.suppressed_people(feed)
        of_feed = people[feed.feed_id]
        if of_feed is not None and _is_of(of_feed, before, event, slug):
            result = suppressed(event.workspace or "", _message_id(event))
            found[place] = RefusedEvent(result, suppressed_in=feed.feed_id)
    return found


def _is_of(
    people: SuppressedPeople,
    sent: ReadEvent,
    event: ParsedEvent | InvalidEvent,
    slug: str,
) -> bool:
    # An event that is rejected for another reason stays rejected.
    if isinstance(event, InvalidEvent) and event.refused.rule != UNRESOLVED.id:
        return False
    content: dict[str, Any] = {**event.content}
    person = None if isinstance(sent, InvalidEvent) else sent.person
    if person is not None:
        content[FIELD] = person
    user_ids = every_user_id(content)
    was_found = isinstance(event, ParsedEvent) and event.lookup
    return people.have(
        user_ids,
        every_identifier(content, every_kind(slug)),
        is_anonymous=not user_ids or bool(was_found),
    )


def _message_id(event: ParsedEvent | InvalidEvent) -> str:
    if isinstance(event, InvalidEvent):
        return event.result.message_id
    return event.event.message_id
