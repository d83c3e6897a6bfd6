"""The steps of a request, for both servers: admit, take, write, respond.

`admit` checks the head and returns the limit for the body. `take` turns the body into
events. The server writes them in its own way, and `PendingEvents.response` builds the
response.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast

import msgspec

from streams.base.request_errors import RequestRefused
from streams.events.event_preparation import RequestFields, message_ids
from streams.ingest.commit.backpressure import check_all, check_feed
from streams.ingest.credentials import authentication
from streams.ingest.event_decision import (
    InvalidEvent,
    ParsedEvent,
    decide,
    identified,
    parse,
)
from streams.ingest.http.body import (
    MAX_BYTES,
    MAX_PARTNER_BYTES,
    RequestContents,
    key_of_first,
    open_batch,
    open_single,
    unpack,
)
from streams.ingest.pending_events import PendingEvents, pending_events
from streams.ingest.people.person_events import PersonEvent
from streams.ingest.suppressed_events import (
    have_suppressed_people,
    suppressed_events,
)

if TYPE_CHECKING:
    from streams.events.people.identifiers import Person
    from streams.ingest.credential_lookup import CredentialLookup
    from streams.ingest.credentials.authentication import Credential
    from streams.ingest.credentials.credential_cache import (
        CredentialAccess,
        ResolvedFeed,
    )
    from streams.ingest.http.routes import Route


# By the external ID of the workspace.
type Feeds = dict[str | None, ResolvedFeed | RequestRefused]


class Admission(msgspec.Struct, frozen=True):
    """A request whose body can be up to `max_bytes` long, before and after gzip."""

    route: Route
    headers: Mapping[str, str]  # names in lower case
    access: CredentialAccess | None  # None: the key must be in the body
    max_bytes: int


def admit(
    route: Route, headers: Mapping[str, str], lookup: CredentialLookup
) -> Admission:
    """Check a request's head. Raises RequestRefused, NotCached."""
    check_all(lookup.backlog())
    credential = authentication.from_header(headers.get("authorization", ""))
    access = _access_of(credential, lookup) if credential else None
    of_partner = access is not None and access.feed is None
    max_bytes = MAX_PARTNER_BYTES if of_partner else MAX_BYTES
    return Admission(route, headers, access, max_bytes)


def take(
    admission: Admission, body: bytes, lookup: CredentialLookup, *, now: datetime
) -> PendingEvents:
    """Turn a body into events. Raises RequestRefused, NotCached."""
    call = admission.route.call
    plain = unpack(body, admission.headers, admission.max_bytes)
    contents = open_batch(plain) if call is None else open_single(plain)
    access = _access(admission, contents, lookup)
    fields = RequestFields(
        source=access.source,
        received_at=now,
        sent_at=contents.sent_at,
        context=contents.context,
        integrations=contents.integrations,
    )
    ids = message_ids(len(contents.events))
    events = [
        parse(sent, access, fields, call=call, ids=ids) for sent in contents.events
    ]
    feeds = _feeds(events, access, lookup)
    decidable = (
        cast("Sequence[ParsedEvent | InvalidEvent]", events)
        if access.source.identity is None
        else _identified(events, feeds, access, fields, lookup, ids)
    )
    full_feeds = lookup.backlog().full_feeds if access.feed is None else ()
    decisions = [
        decide(event, feeds.get(event.workspace), full_feeds=full_feeds, now=now)
        for event in decidable
    ]
    if have_suppressed_people(feeds):
        slug = access.source.slug
        refused = suppressed_events(events, decidable, feeds, slug, lookup)
        decisions = [refused.get(place, one) for place, one in enumerate(decisions)]
    return pending_events(decisions, lookup, single=call is not None, now=now)


def _access_of(credential: Credential, lookup: CredentialLookup) -> CredentialAccess:
    access = lookup.access(credential)
    if access.feed:
        check_feed(lookup.backlog(), access.feed.feed_id)
    return access


def _access(
    admission: Admission, contents: RequestContents, lookup: CredentialLookup
) -> CredentialAccess:
    access = admission.access
    if access is None:
        key = contents.key or key_of_first(contents.events)
        if key is None:
            raise authentication.no_key(admission.headers.get("authorization", ""))
        return _access_of(authentication.from_body(key), lookup)
    if (
        access.feed
        and contents.key
        and authentication.from_body(contents.key) != access.credential
    ):
        raise authentication.other_key()
    return access


def _feeds(
    events: Sequence[ParsedEvent | PersonEvent | InvalidEvent],
    access: CredentialAccess,
    lookup: CredentialLookup,
) -> Feeds:
    """Look up the feeds of all events, including rejected ones, by workspace."""
    if access.feed:
        return {"": access.feed}
    # In order of arrival, so that the first of too many new workspaces are created.
    named = {
        item.workspace: None for item in events if not isinstance(item, InvalidEvent)
    }
    feeds: Feeds = {}
    feeds.update(lookup.find_feeds(access, named, may_create=True))
    # A rejected event doesn't create a workspace.
    refused = (item.workspace for item in events if isinstance(item, InvalidEvent))
    others = {workspace for workspace in refused if workspace is not None}
    others -= named.keys()
    feeds.update(lookup.find_feeds(access, others, may_create=False))
    return feeds


def _identified(
    events: Sequence[ParsedEvent | PersonEvent | InvalidEvent],
    feeds: Feeds,
    access: CredentialAccess,
    fields: RequestFields,
    lookup: CredentialLookup,
    ids: Iterator[str],
) -> Sequence[ParsedEvent | InvalidEvent]:
    """Look up the userIds of events that have none, with one query for each feed."""
    people: dict[int, set[Person]] = {}
    for item in events:
        if isinstance(item, PersonEvent) and (feed_id := _feed_id(item, feeds)):
            people.setdefault(feed_id, set()).add(item.identifiers)
    found = {pk: lookup.people(pk, of_feed) for pk, of_feed in people.items()}
    return [
        identified(
            item,
            found[feed_id][item.identifiers]
            if (feed_id := _feed_id(item, feeds))
            else None,
            feed_id,
            access,
            fields,
            ids=ids,
        )
        if isinstance(item, PersonEvent)
        else item
        for item in events
    ]


def _feed_id(item: PersonEvent, feeds: Feeds) -> int:
    """Return the ID of an event's feed; 0 if it has none."""
    feed = feeds.get(item.workspace)
    return 0 if feed is None or isinstance(feed, RequestRefused) else feed.feed_id
