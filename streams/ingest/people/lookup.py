"""The userIds of people, as the identity map has them, with a short cache."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import msgspec

from streams.events.people.waiting import digests_of
from streams.identity.lookup import find

if TYPE_CHECKING:
    from streams.identity.identifiers import Identifier, IdentifierKind
    from streams.identity.lookup import FoundLink

type Person = tuple[Identifier, ...]


class Resolution(msgspec.Struct, frozen=True):
    """The result of a lookup of one person in the identity map."""

    person: tuple[bytes, ...]  # digests, the one that counts most first
    user_id: str = ""  # empty: it has none
    kind: IdentifierKind | None = None  # of the identifier that led to the userId


def look_up(feed_id: int, people: Collection[Person]) -> dict[Person, Resolution]:
    """Search the identity map of a feed for several people, with one query."""
    found = find(feed_id, list({one for person in people for one in person}))
    return {
        person: _resolution(person, found, digests_of(feed_id, person))
        for person in people
    }


def _resolution(
    person: Person, found: Mapping[Identifier, FoundLink], digests: tuple[bytes, ...]
) -> Resolution:
    for one in person:
        if link := found.get(one):
            # To keep a person's events in order, one digest is enough.
            return Resolution(digests[:1], link.user_id, one.kind)
    return Resolution(digests)
