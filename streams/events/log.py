"""The append: number events, drop duplicates, and store them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings

from streams.events.people.waiting import (
    PersonDigests,
    first_of,
    store_waiting,
    waiting_people,
)
from streams.events.quarter_hours import quarter
from streams.events.store.interface import store
from streams.spec.identity_rules import UNRESOLVED

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from streams.events.store.rows import (
        EventRow,
        FeedRow,
        MarkRow,
        QuarantineRow,
        SeenRow,
    )

# The number of each event; None for a duplicate, IN_QUARANTINE for one without a number.
Seqs = list[int | None]
IN_QUARANTINE = 0


class NewEvent(msgspec.Struct, frozen=True, gc=False):
    """An event that is ready to be stored; `payload` is what Segment gets.

    Not a dataclass, because creating a frozen one takes ten times as long.
    """

    type: str
    name: str  # at most 200 characters, without NUL, like the next two
    user_id: str
    message_id: str  # at most 100
    payload: bytes
    held_by: str = ""  # the rule that it broke, if it goes into quarantine
    # Digests of the person's identifiers, if the userId was looked up; the first one counts
    # most. The event waits for a link if UNRESOLVED holds it.
    person: PersonDigests = ()
    anonymous_id: str = ""  # like user_id; empty also for an event from quarantine

    def quarantined(self, rule: str) -> NewEvent:
        """Return the event for the quarantine, where it waits until someone decides."""
        return msgspec.structs.replace(self, held_by=rule, person=())

    def waiting(self) -> NewEvent:
        """Return the event for the quarantine, where it waits behind others of its person."""
        return msgspec.structs.replace(self, held_by=UNRESOLVED.id)

    def __repr__(self) -> str:
        """Omit the content, because reprs end up in logs."""
        return f"NewEvent({self.type!r}, {self.message_id!r})"


@dataclass(frozen=True, slots=True)
class FeedAddition:
    """Events for one feed, in order."""

    feed_id: int
    events: Sequence[NewEvent]


class UnknownFeed(LookupError):
    """An addition has a feed that doesn't exist."""


class _Tail:
    """The end of a feed during an append: the rows to store, and the next head."""

    def __init__(self, feed: FeedRow, now: datetime) -> None:
        self.feed_id, self._old_head, self._old_at = feed
        self.head = self._old_head
        # Never before the last event, even if a clock was set back: times within a feed
        # only grow, so a search by time can use numbers.
        self.at = max(now, self._old_at) if self._old_at else now
        self.rows: list[EventRow] = []
        self.quarantined: list[QuarantineRow] = []
        self.waiting: list[tuple[int, NewEvent]] = []  # with the place in `quarantined`

    def add(self, event: NewEvent) -> int:
        self.head += 1
        self.rows.append(
            (
                self.feed_id, self.head, self.at, event.type, event.name,
                event.user_id, event.message_id, event.payload,
            )
        )  # fmt: skip
        return self.head

    def quarantine(self, event: NewEvent) -> int:
        """Put an event into quarantine, without a number."""
        self.quarantined.append(
            (
                self.feed_id, self.at, event.type, event.name, event.user_id,
                event.message_id, event.held_by, event.payload,
            )
        )  # fmt: skip
        if event.person:
            self.waiting.append((len(self.quarantined) - 1, event))
        return IN_QUARANTINE

    def mark(self) -> MarkRow | None:
        """Return the mark of a quarter of an hour that starts with these events."""
        start, before = quarter(self.at), self._old_at
        if before is not None and quarter(before) == start:
            return None
        return self.feed_id, start, self._old_head


def message_digest(message_id: str) -> bytes:
    """Return a 128-bit digest of a messageId."""
    return hashlib.blake2b(message_id.encode(), digest_size=16).digest()


def append(additions: Sequence[FeedAddition], *, now: datetime) -> list[Seqs]:
    """Append events to their feeds, in the caller's transaction.

    Returns a number per event, None for a messageId that the feed accepted within the
    window, or IN_QUARANTINE. The feeds stay locked until the transaction ends, so numbers
    are committed in order, and no reader skips one. Raises UnknownFeed.
    """
    digests = [[message_digest(e.message_id) for e in a.events] for a in additions]
    tails, seen = _lock({a.feed_id for a in additions}, digests, now)
    people = waiting_people(additions)
    results: list[Seqs] = []
    new: list[SeenRow] = []
    for addition, group in zip(additions, digests, strict=True):
        tail, seqs = tails[addition.feed_id], list[int | None]()
        for event, digest in zip(addition.events, group, strict=True):
            if (digest, addition.feed_id) in seen:
                seqs.append(None)
                continue
            seen.add((digest, addition.feed_id))
            new.append((digest, addition.feed_id, now))
            one = _in_turn(event, addition.feed_id, people) if event.person else event
            seqs.append(tail.quarantine(one) if one.held_by else tail.add(one))
        results.append(seqs)
    _write(tails.values(), new)
    return results


def _in_turn(event: NewEvent, feed_id: int, people: set[tuple[int, bytes]]) -> NewEvent:
    """Have an event wait if an earlier one of its person does."""
    person = {(feed_id, digest) for digest in first_of(event.person)}
    if not event.held_by and person & people:
        event = event.waiting()
    if event.held_by:
        people |= person
    return event


def append_released(addition: FeedAddition, *, now: datetime) -> Seqs:
    """Append events from quarantine, like `append`.

    Their messageIds were stored when they were received, so there is no deduplication.
    """
    tails, _ = _lock({addition.feed_id}, [], now)
    seqs: Seqs = [tails[addition.feed_id].add(event) for event in addition.events]
    _write(tails.values(), [])
    return seqs


def _lock(
    feed_ids: set[int], digests: list[list[bytes]], now: datetime
) -> tuple[dict[int, _Tail], set[tuple[bytes, int]]]:
    since = now - timedelta(hours=settings.DEDUP_WINDOW_HOURS)
    unique = sorted({digest for group in digests for digest in group})
    feeds, seen = store().lock(sorted(feed_ids), unique, since, now)
    tails = {feed[0]: _Tail(feed, now) for feed in feeds}
    if missing := feed_ids - tails.keys():
        raise UnknownFeed(f"No feed has the id {min(missing)}.")
    return tails, seen


def _write(tails: Collection[_Tail], seen: list[SeenRow]) -> None:
    grown = [tail for tail in tails if tail.rows]
    rows = [row for tail in grown for row in tail.rows]
    quarantined = [row for tail in tails for row in tail.quarantined]
    if not (rows or quarantined):
        return
    heads = [(tail.feed_id, tail.head, tail.at) for tail in grown]
    marks = [mark for tail in grown if (mark := tail.mark())]
    moved = store().write(rows, seen, heads, marks, quarantined)
    if moved != len(grown):
        raise UnknownFeed(f"Moved {moved} heads, not {len(grown)}.")
    for tail in tails:
        if tail.waiting:
            store_waiting(tail.feed_id, tail.waiting, len(tail.quarantined))
