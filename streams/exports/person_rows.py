"""The rows of a person's export: suppressions, links with changes and conflicts, and events.

The person is known by digests only, as in an erasure. Positions above the log's head stand
for IDs in quarantine, so that one number is the progress of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from streams.base.clock import iso_ms
from streams.base.msgspec_types import prepared
from streams.events import quarantine
from streams.events.erasure.person import PeopleSearch, PersonDigests
from streams.events.erasure.tombstones import ERASED
from streams.events.models import QuarantinedEvent
from streams.events.queries import between
from streams.events.receipt import receipt_text
from streams.events.retention.past_retention import oldest_retained
from streams.exports.row_page import RowPage
from streams.identity.identifiers import NAMES, IdentifierKind
from streams.identity.models import Conflict, Link, LinkChange, OriginKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.events.models import Event, Feed
    from streams.exports.formats import Row

COLUMNS: Sequence[str] = ("record",)  # each kind of record has others
CSV_COLUMNS: Sequence[str] = COLUMNS
SEARCHED = 4_000  # events in one step
ONE = 1  # the number of the person in a search


@prepared
class PersonWanted(msgspec.Struct, frozen=True):
    """The person, the log's head, and the last ID in quarantine at the request."""

    digests: dict[str, list[str]]
    head: int
    last_id: int
    suppressions: list[dict[str, str]] = []  # without the person's data

    @property
    def top(self) -> int:
        """The position above all others."""
        return self.head + 2 + self.last_id


def stored_filter(
    feed: Feed, person: PersonDigests, suppressions: list[dict[str, str]]
) -> dict[str, object]:
    """Return what an export stores to find a person in what the feed has now.

    Each of `suppressions` becomes a row.
    """
    feed.refresh_from_db(fields=["head_seq", "expired_seq"])
    last_id = quarantine.last_id(feed.pk)
    wanted = PersonWanted(person.stored(), feed.head_seq, last_id, suppressions)
    return {"person": msgspec.to_builtins(wanted)}


def span(feed: Feed, wanted: Mapping[str, object]) -> tuple[int, int]:
    """Return the positions to search: from below the first down to the second."""
    return _read(wanted).top, oldest_retained(feed)


def page(
    feed: Feed, wanted: Mapping[str, object], *, before: int, limit: int
) -> RowPage:
    """Return the person's rows of one bounded step; `limit` is about their number."""
    person = _read(wanted)
    digests = PersonDigests.read(person.digests)
    search = PeopleSearch(feed, {ONE: digests})
    rows: list[Row] = []
    if before == person.top:
        rows = [{"record": "suppression", **one} for one in person.suppressions]
        rows += _links(feed, digests)
    if before > person.head + 1:
        below = before - person.head - 1
        found, reached = _quarantined(feed, search, below)
        return RowPage([*rows, *found], person.head + 1 + reached)
    low = max(oldest_retained(feed), before - SEARCHED)
    events = between(feed, low, before).exclude(type=ERASED).order_by("-seq")
    for event in events.iterator(limit):
        if search.owners(bytes(event.payload)):
            rows.append(_event(event))
            if len(rows) >= limit:
                return RowPage(rows, event.seq)
    return RowPage(rows, low if low > oldest_retained(feed) else None)


def csv_row(row: Row) -> Row:
    """Return the row: the file of a person is never CSV."""
    return row


def _read(wanted: Mapping[str, object]) -> PersonWanted:
    return msgspec.convert(wanted["person"], PersonWanted)


def _quarantined(feed: Feed, search: PeopleSearch, below: int) -> tuple[list[Row], int]:
    """Return the person's rows of one step, and the ID that it reached; 0: all."""
    stored = QuarantinedEvent.objects.filter(feed=feed, pk__lt=below).order_by("-pk")
    some = list(stored[:SEARCHED])
    rows: list[Row] = [
        {
            "record": "quarantinedEvent",
            "receivedAt": iso_ms(one.received_at),
            "cause": one.rule,
            "event": msgspec.Raw(bytes(one.payload)),
        }
        for one in some
        if search.owners(bytes(one.payload))
    ]
    return rows, some[-1].pk if len(some) == SEARCHED else 0


def _event(event: Event) -> Row:
    return {
        "record": "event",
        "number": event.seq,
        "receivedAt": receipt_text(event),
        "event": msgspec.Raw(bytes(event.payload)),
    }


def _links(feed: Feed, person: PersonDigests) -> Iterator[Row]:
    """Yield the links of the person, and their changes. Identifiers are digests."""
    digests = person.given | person.linked
    links = Link.objects.filter(feed=feed, digest__in=digests).order_by("pk")
    ids = []
    for link in links:
        ids.append(link.pk)
        yield {
            "record": "identityLink",
            **_identifier(link),
            "firstSeenAt": iso_ms(link.first_seen_at),
            "lastSeenAt": iso_ms(link.last_seen_at),
        }
    for conflict in Conflict.objects.filter(link__in=ids).order_by("pk"):
        yield {
            "record": "identityConflict",
            "kept": conflict.kept,
            "other": conflict.other,
            "state": Conflict.State(conflict.state).name.lower(),
            "firstSeenAt": iso_ms(conflict.first_seen_at),
            "lastSeenAt": iso_ms(conflict.last_seen_at),
        }
    changes = LinkChange.objects.filter(feed=feed, link_id__in=ids).order_by("number")
    for change in changes:
        yield {
            "record": "identityChange",
            **_identifier(change),
            "change": LinkChange.Change(change.change).name.lower(),
            "at": iso_ms(change.at),
        }


def _identifier(row: Link | LinkChange) -> dict[str, Any]:
    return {
        "kind": NAMES[IdentifierKind(row.kind)],
        "type": row.type,
        "digest": bytes(row.digest).hex(),
        "userId": row.user_id,
        "origin": OriginKind(row.origin).name.lower(),
        "source": row.project_id,
        "messageId": row.message_id,
    }
