"""The events that can be released from those that wait for a link, with their userIds.

An event gets the userId of its own identifiers, the one that counts most first. An event that
has no link itself gets that of another event only if that one has all of its identifiers: two
people can share an email address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.events.models import WaitingEvent
from streams.events.people.waiting import store_user_ids
from streams.identity.stored import links_by_digest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from django.db.models import QuerySet

# Events without a link that are compared with those of a step that have one.
MOST_COMPARED = 2_000

type UserIds = dict[int, str]  # by the event's ID in quarantine


class Found(NamedTuple):
    """Events to release. `is_complete`: they include all that wait for the given links."""

    user_ids: UserIds
    is_complete: bool


class _Person:
    """The identifiers of an event: the digests of each, by its rank."""

    def __init__(self) -> None:
        self.keyed: dict[int, set[bytes]] = {}
        self.user_id = ""  # found already

    @property
    def head(self) -> set[bytes]:
        return self.keyed.get(0, set())

    @property
    def all(self) -> set[bytes]:
        return set().union(*self.keyed.values())

    def is_covered_by(self, other: _Person) -> bool:
        """Whether the other event has all identifiers of this one."""
        return all(keyed & other.all for keyed in self.keyed.values())

    def linked(self, links: Mapping[bytes, str]) -> str:
        """Return the userId of the identifier that counts most; empty: none has one."""
        for _rank, keyed in sorted(self.keyed.items()):
            for digest in keyed:
                if digest in links:
                    return links[digest]
        return self.user_id


def people_to_release(
    feed_id: int, learned: Mapping[bytes, str], *, most: int
) -> Found:
    """Return the first events that wait for these links, or whose userId was stored.

    `learned`: userIds by the digests of identifiers. Returns `most` events at most. The feed
    must be locked.
    """
    waiting = WaitingEvent.objects.filter(feed_id=feed_id)
    known = waiting.filter(rank=0).exclude(user_id="").order_by("event_id")
    direct = _with_digests(waiting, learned, most)
    first = sorted({*known.values_list("event_id", flat=True)[:most], *direct})[:most]
    people = _people(waiting.filter(event_id__in=first))
    links = _links(feed_id, people.values(), learned)
    # Earlier events of the same people.
    heads = {digest for person in people.values() for digest in person.head}
    earlier = _with_digests(waiting, heads & links.keys(), most)
    missing = [pk for pk in earlier if pk not in people]
    people |= _people(waiting.filter(event_id__in=missing))
    links = _links(feed_id, people.values(), links)
    user_ids = {pk: person.linked(links) for pk, person in people.items()}
    covered = _covered(waiting, people, links, heads - links.keys())
    for pk, by in covered.items():
        user_ids[pk] = user_ids[by]
    chunk = dict(sorted(user_ids.items())[:most])
    # Of events that a later step releases.
    store_user_ids({pk: user_ids[pk] for pk in covered if pk not in chunk})
    return Found(chunk, len(direct) < most and chunk.keys() >= {*direct})


def _with_digests(
    waiting: QuerySet[WaitingEvent], digests: Iterable[bytes], most: int
) -> list[int]:
    """Return the first events with one of these digests; two queries for each digest."""
    found: set[int] = set()
    for digest in digests:
        rows = waiting.filter(digest=digest)
        for some in (rows.filter(rank=0), rows.filter(rank__gt=0)):
            in_order = some.order_by("event_id").values_list("event_id", flat=True)
            found.update(in_order[:most])
    return sorted(found)[:most]


def _people(rows: QuerySet[WaitingEvent]) -> dict[int, _Person]:
    people: dict[int, _Person] = {}
    columns = rows.values_list("event_id", "rank", "digest", "user_id")
    for pk, rank, digest, user_id in columns:
        person = people.setdefault(pk, _Person())
        person.keyed.setdefault(rank, set()).add(bytes(digest))
        person.user_id = user_id
    return people


def _links(
    feed_id: int, people: Collection[_Person], known: Mapping[bytes, str]
) -> dict[bytes, str]:
    """Return the userIds of digests. Those of one identifier by several keys have the same."""
    wanted = {digest for person in people for digest in person.all} - known.keys()
    links = links_by_digest(feed_id, sorted(wanted))
    user_ids = {**known, **{digest: link.user_id for digest, link in links.items()}}
    for person in people:
        for keyed in person.keyed.values():
            linked = next((d for d in keyed if d in user_ids), None)
            if linked is not None:
                user_ids |= dict.fromkeys(keyed, user_ids[linked])
    return user_ids


def _covered(
    waiting: QuerySet[WaitingEvent],
    people: Mapping[int, _Person],
    links: Mapping[bytes, str],
    heads: Collection[bytes],
) -> dict[int, int]:
    """Return events without a link, each with one of `people` that has its identifiers."""
    if not heads:
        return {}
    of_heads = waiting.filter(rank=0, digest__in=list(heads)).order_by("event_id")
    others = _people(
        waiting.filter(event_id__in=of_heads.values("event_id")[:MOST_COMPARED])
    )
    by_head: dict[bytes, list[int]] = {}
    for pk, person in people.items():
        # Not by a userId that only the tool sent.
        for digest in person.head if person.all & links.keys() else ():
            by_head.setdefault(digest, []).append(pk)
    return {
        pk: by
        for pk, person in others.items()
        if pk not in people and (by := _covering(person, people, by_head)) is not None
    }


def _covering(
    person: _Person, people: Mapping[int, _Person], by_head: Mapping[bytes, list[int]]
) -> int | None:
    """Return the first event that has all identifiers of a person; None: there is none."""
    candidates = (pk for digest in person.head for pk in by_head.get(digest, ()))
    return next((pk for pk in candidates if person.is_covered_by(people[pk])), None)
