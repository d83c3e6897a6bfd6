"""Find a person's events by digests of their userIds and identifiers.

Plain values are needed only to compute digests, so none is stored for an erasure.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from streams.events.people.identifiers import (
    every_identifier,
    every_kind,
    every_user_id,
)
from streams.identity.digests import FeedKey, feed_keys, message, user_id_message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from streams.events.models import Feed
    from streams.identity.identifiers import Identifier

KNOWN_USERS = 50_000  # userIds whose digests a search keeps
_NO_ONE: frozenset[int] = frozenset()
_decode = msgspec.json.Decoder().decode


class PersonDigests(NamedTuple):
    """Digests that identify a person, by every key of the ring.

    An event belongs to the person if it has one of `users`, the userIds, or of `given`, the
    identifiers that were asked for. If the event has no userId, one of `linked` is enough:
    the identifiers that the identity map had for the person. An event with another userId
    isn't theirs, because two people can share a device.
    """

    users: frozenset[bytes]
    given: frozenset[bytes]
    linked: frozenset[bytes]

    @classmethod
    def read(cls, stored: dict[str, list[str]]) -> PersonDigests:
        """Return digests that `stored` returned."""
        return cls(
            *(frozenset(map(bytes.fromhex, stored[name])) for name in cls._fields)
        )

    def stored(self) -> dict[str, list[str]]:
        """Return the digests for a JSON column."""
        return {
            name: sorted(one.hex() for one in some)
            for name, some in zip(self._fields, self, strict=True)
        }


def user_id_digests(feed_id: int, user_id: str) -> list[bytes]:
    """Return the digests of a userId, by the newest key first."""
    return [key.digest(user_id_message(user_id)) for key in feed_keys(feed_id)]


def identifier_digests(feed_id: int, identifiers: Sequence[Identifier]) -> list[bytes]:
    """Return the digests of identifiers, by the newest key first."""
    messages = [m for one in identifiers if (m := message(one)) is not None]
    return [key.digest(one) for one in messages for key in feed_keys(feed_id)]


class PeopleSearch:
    """Tells to which people events of a feed belong. Each person has a number."""

    def __init__(self, feed: Feed, people: Mapping[int, PersonDigests]) -> None:
        """Prepare the search; `feed` was loaded with its stream."""
        self._rules = every_kind(feed.stream.slug)
        self._keys = feed_keys(feed.pk)
        self._given = _numbers(
            {pk: one.users | one.given for pk, one in people.items()}
        )
        self._linked = _numbers({pk: one.linked for pk, one in people.items()})
        # Whether only userIds were asked for: then that of an event is enough, if it has one.
        self.by_user_id = not any(one.given for one in people.values())

    def owners_of_user(self, user_id: str) -> set[int]:
        """Return the numbers of the people who have a userId."""
        found: set[int] = set()
        for key in self._keys:
            found |= self._given.get(_user_digest(key, user_id), _NO_ONE)
        return found

    def owners(self, payload: bytes) -> set[int]:
        """Return the numbers of an event's people. An unreadable event has none."""
        try:
            event = _decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return set()
        if type(event) is not dict:
            return set()
        user_ids = every_user_id(event)
        found: set[int] = set()
        for key in self._keys:
            for user_id in user_ids:
                found |= self._given.get(_user_digest(key, user_id), _NO_ONE)
            for text in self._messages(event):
                digest = key.digest(text)
                found |= self._given.get(digest, _NO_ONE)
                if not user_ids:
                    found |= self._linked.get(digest, _NO_ONE)
        return found

    def _messages(self, event: Mapping[str, Any]) -> list[bytes]:
        identifiers = every_identifier(event, self._rules)
        return [found for one in identifiers if (found := message(one)) is not None]


def _numbers(people: Mapping[int, frozenset[bytes]]) -> dict[bytes, frozenset[int]]:
    """Return the people who have each digest."""
    found: dict[bytes, set[int]] = {}
    for number, own in people.items():
        for digest in own:
            found.setdefault(digest, set()).add(number)
    return {digest: frozenset(numbers) for digest, numbers in found.items()}


@lru_cache(maxsize=KNOWN_USERS)
def _user_digest(key: FeedKey, user_id: str) -> bytes:
    return key.digest(user_id_message(user_id))
