"""Events that wait for a link: their person has no userId that the identity map knows.

They are in quarantine. While one waits, later events of the same person wait behind it.
"""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING

from streams.events.models import QuarantinedEvent, ReleasePosition, WaitingEvent
from streams.identity.digests import digests
from streams.identity.models import IdentityMap
from streams.identity.stored import links_by_digest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from streams.events.log import FeedAddition, NewEvent
    from streams.identity.identifiers import Identifier

FEW = 500  # digests in one statement, below the limit of every SQLite version

# The digests of each identifier of a person by every key of the ring, newest first. The
# identifier that counts most comes first.
type PersonDigests = tuple[tuple[bytes, ...], ...]


def waiting_people(additions: Sequence[FeedAddition]) -> set[tuple[int, bytes]]:
    """Return the people of these events who have events that wait, with their feeds.

    Only for events whose userId was looked up: without one, this queries nothing. The feeds
    must be locked.
    """
    people: dict[int, set[bytes]] = {}
    for addition in additions:
        of_feed = {d for event in addition.events for d in first_of(event.person)}
        if of_feed:
            people.setdefault(addition.feed_id, set()).update(of_feed)
    return {
        (feed_id, digest)
        for feed_id, wanted in people.items()
        for digest in _waiting(feed_id, wanted)
    }


def _waiting(feed_id: int, wanted: Collection[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for some in batched(wanted, FEW):
        rows = WaitingEvent.objects.filter(feed_id=feed_id, digest__in=some, rank=0)
        found.update(bytes(d) for d in rows.values_list("digest", flat=True).distinct())
    return found


def digests_of(feed_id: int, person: Sequence[Identifier]) -> PersonDigests:
    """Return the digests of each identifier of a person, by every key of the ring.

    A process with another ring finds them, too, if both rings have a key in common.
    """
    return tuple(keyed for keyed in digests(feed_id, person) if keyed)


def first_of(person: PersonDigests) -> tuple[bytes, ...]:
    """Return the digests that stand for a person; none if there is no identifier."""
    return person[0] if person else ()


def wait(feed_id: int, event_id: int, person: PersonDigests) -> None:
    """Have an event in quarantine wait for a link of one of its person's digests.

    The feed must be locked.
    """
    _store(feed_id, list(_rows(feed_id, event_id, person)))


def stop_waiting(event_ids: Iterable[int]) -> None:
    """Have events wait no more, because they leave quarantine or someone has to decide."""
    if ids := list(event_ids):
        WaitingEvent.objects.filter(event_id__in=ids).delete()


def _rows(feed_id: int, event_id: int, person: PersonDigests) -> Iterator[WaitingEvent]:
    for rank, keyed in enumerate(person):
        for digest in keyed:
            yield WaitingEvent(
                feed_id=feed_id,
                digest=digest,
                rank=rank,
                person=person[0][0],
                event_id=event_id,
            )


def store_waiting(
    feed_id: int, waiting: Sequence[tuple[int, NewEvent]], quarantined: int
) -> None:
    """Store the identifiers of events that wait, with their places among new ones.

    `quarantined` events of the feed were just put into quarantine. The feed is locked, so
    they are its newest ones.
    """
    newest = QuarantinedEvent.objects.filter(feed=feed_id).order_by("-pk")
    pks = sorted(newest.values_list("pk", flat=True)[:quarantined])
    rows = [
        row
        for place, event in waiting
        for row in _rows(feed_id, pks[place], event.person)
    ]
    _store(feed_id, rows)


def renew(feed_id: int, people: Mapping[int, PersonDigests]) -> None:
    """Add the digests that events lack, and store the userIds of those that have a link.

    `people`: the digests of events by every key of the ring. Events that wait no more are left
    out. The feed must be locked.
    """
    stored: dict[int, dict[bytes, WaitingEvent]] = {}
    for row in WaitingEvent.objects.filter(event_id__in=people):
        stored.setdefault(row.event_id, {})[bytes(row.digest)] = row
    missing = [
        WaitingEvent(
            feed_id=feed_id,
            digest=digest,
            rank=same.rank,
            person=same.person,
            user_id=same.user_id,
            event_id=event_id,
        )
        for event_id, rows in stored.items()
        for keyed in people[event_id]
        if (same := next((rows[d] for d in keyed if d in rows), None))
        for digest in keyed
        if digest not in rows
    ]
    rows = [row for by_digest in stored.values() for row in by_digest.values()]
    before = {row.pk: row.user_id for row in rows}
    _add_user_ids(feed_id, [*rows, *missing])
    WaitingEvent.objects.bulk_create(missing)
    changed = [row for row in rows if row.user_id != before[row.pk]]
    WaitingEvent.objects.bulk_update(changed, ["user_id"], batch_size=FEW)


def store_user_ids(user_ids: Mapping[int, str]) -> None:
    """Store the userIds of events that wait, with which they are released.

    Their feed must be locked.
    """
    by_user: dict[str, list[int]] = {}
    for pk, user_id in user_ids.items():
        by_user.setdefault(user_id, []).append(pk)
    for user_id, pks in by_user.items():
        for some in batched(pks, FEW):
            WaitingEvent.objects.filter(event_id__in=some).update(user_id=user_id)


def _store(feed_id: int, rows: Sequence[WaitingEvent]) -> None:
    """Store new rows, with the userIds of links that were learned after the lookup."""
    _add_user_ids(feed_id, rows)
    WaitingEvent.objects.bulk_create(rows)


def _add_user_ids(feed_id: int, rows: Sequence[WaitingEvent]) -> None:
    """Set the userIds of events that have a link by now.

    If no event of the feed waited before, changes of the map count from here on.
    """
    newest = IdentityMap.objects.filter(pk=feed_id).values_list(
        "last_change", flat=True
    )
    position = ReleasePosition(feed_id=feed_id, change=newest.first() or 0)
    ReleasePosition.objects.bulk_create([position], ignore_conflicts=True)
    # After the position was read, so no link is missed between the two.
    links = links_by_digest(feed_id, sorted({bytes(row.digest) for row in rows}))
    found: dict[int, str] = {}
    for row in sorted(rows, key=lambda row: row.rank):
        if link := links.get(bytes(row.digest)):
            found.setdefault(row.event_id, link.user_id)
    for row in rows:
        row.user_id = row.user_id or found.get(row.event_id, "")
