"""The suppressed people of a feed, in memory, as ingest needs them for each event."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from itertools import batched
from typing import TYPE_CHECKING

from django.db.models import Q

from streams.identity.digests import (
    feed_keys,
    message,
    user_id_message,
    workspace_keys,
)
from streams.identity.models import SuppressedKey, SuppressedPerson

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streams.identity.digests import FeedKey
    from streams.identity.identifiers import Identifier

CHUNK = 5_000  # rows that are read at once
AT_ONCE = 500  # digests in a query, below the limit of every SQLite version
# Of a digest, which has 16. Among a million digests, another one starts like one of them with
# a probability of 1 to 18 million millions.
KEPT_BYTES = 8


class DigestSet:
    """A set of digests that takes 8 bytes for each."""

    __slots__ = ("_starts",)

    def __init__(self, digests: Iterable[bytes]) -> None:
        starts = (int.from_bytes(digest[:KEPT_BYTES]) for digest in digests)
        self._starts = array("Q", sorted(starts))

    def __contains__(self, digest: bytes) -> bool:
        start = int.from_bytes(digest[:KEPT_BYTES])
        place = bisect_left(self._starts, start)
        return place < len(self._starts) and self._starts[place] == start

    def __len__(self) -> int:
        return len(self._starts)


class SuppressedPeople:
    """Tells which events of a feed belong to someone who is suppressed in it."""

    def __init__(
        self, workspace_id: int, feed_id: int, given: DigestSet, linked: DigestSet
    ) -> None:
        self._ids = (workspace_id, feed_id)
        self._given = given
        self._linked = linked

    def __bool__(self) -> bool:
        return bool(len(self._given) or len(self._linked))

    def have(
        self,
        user_ids: Iterable[str],
        identifiers: Sequence[Identifier],
        *,
        is_anonymous: bool,
    ) -> bool:
        """Whether one of them has one of these userIds or identifiers.

        With `is_anonymous`, the event was sent without a userId, so the identifiers that are
        only linked to a person count, too.
        """
        workspace_id, feed_id = self._ids
        found = [m for one in identifiers if (m := message(one)) is not None]
        own = [*map(user_id_message, user_ids), *found]
        if _any(own, workspace_keys(workspace_id), self._given):
            return True
        return is_anonymous and _any(found, feed_keys(feed_id), self._linked)


def in_feed(workspace_id: int, feed_id: int) -> Q:
    """Return the condition for people who are suppressed in a feed or its workspace."""
    return Q(workspace=workspace_id) & (Q(feed=None) | Q(feed=feed_id))


def suppressed_people(workspace_id: int, feed_id: int) -> SuppressedPeople:
    """Load the people who are suppressed in a feed, or in its whole workspace.

    Reads all their digests.
    """
    in_scope = Q(person__feed=None) | Q(person__feed=feed_id)
    keys = SuppressedKey.objects.filter(person__workspace=workspace_id)
    given = keys.filter(in_scope, linked_in=None)
    linked = keys.filter(linked_in=feed_id)
    return SuppressedPeople(
        workspace_id,
        feed_id,
        *(
            DigestSet(
                bytes(digest)
                for digest in rows.values_list("digest", flat=True).iterator(CHUNK)
            )
            for rows in (given, linked)
        ),
    )


def suppressed_among(
    workspace_id: int,
    feed_id: int,
    people: Sequence[tuple[str, Sequence[Identifier]]],
) -> set[int]:
    """Return the places of those people, of few, who are suppressed in a feed.

    Each has a userId, which may be "", and identifiers. One query for each 500 digests.
    """
    keys = workspace_keys(workspace_id)
    places: dict[bytes, set[int]] = {}
    for place, (user_id, identifiers) in enumerate(people):
        own = [user_id_message(user_id)] if user_id else []
        own += [m for one in identifiers if (m := message(one)) is not None]
        for one in own:
            for key in keys:
                places.setdefault(key.digest(one), set()).add(place)
    scope = SuppressedPerson.objects.filter(in_feed(workspace_id, feed_id))
    found: set[int] = set()
    for some in batched(places, AT_ONCE):
        rows = SuppressedKey.objects.filter(
            digest__in=some, linked_in=None, person__in=scope
        )
        for digest in rows.values_list("digest", flat=True):
            found |= places[bytes(digest)]
    return found


def _any(messages: Sequence[bytes], keys: Sequence[FeedKey], among: DigestSet) -> bool:
    if not len(among):
        return False
    return any(key.digest(one) in among for one in messages for key in keys)
