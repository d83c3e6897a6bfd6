"""Find the userId of a person by their identifiers."""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING, NamedTuple

from streams.base.caching.ttl_cache import TtlCache
from streams.identity.digests import digests
from streams.identity.models import Link, OriginKind
from streams.identity.stored import links_by_digest

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.db.models import QuerySet

    from streams.identity.identifiers import Identifier

# A link that was replaced or forgotten is found for this long by other processes. Ingest keeps
# results for 3 s more (FRESH_S), so an old userId is used for up to 10 s.
CACHE_S = 7.0
MOST_IN_QUERY = 500  # userIds
CACHED_LINKS = 100_000  # about 40 MB


class FoundLink(NamedTuple):
    """The link of an identifier."""

    id: int
    user_id: str  # byte for byte as Segment sent it
    digests: tuple[bytes, ...]  # of the identifier, by every key of the ring


_cache: TtlCache[tuple[int, bytes], FoundLink] = TtlCache(CACHED_LINKS)


def find(
    feed_id: int, identifiers: Sequence[Identifier]
) -> dict[Identifier, FoundLink]:
    """Return the links of those identifiers that have one.

    At most one query on PostgreSQL. Found links are cached in the process for CACHE_S, so a
    link that was replaced or forgotten may still be found meanwhile. Missing ones are not
    cached: a new link is found at once.
    """
    found: dict[Identifier, FoundLink] = {}
    unknown: list[tuple[Identifier, tuple[bytes, ...]]] = []
    for identifier, keyed in zip(
        identifiers, digests(feed_id, identifiers), strict=True
    ):
        if keyed is None:
            continue
        if link := _cache.get((feed_id, keyed[0])):
            found[identifier] = link
        else:
            unknown.append((identifier, keyed))
    rows = links_by_digest(feed_id, sorted({d for _one, k in unknown for d in k}))
    for identifier, keyed in unknown if rows else ():
        row = next((rows[digest] for digest in keyed if digest in rows), None)
        if row is not None:
            found[identifier] = link = FoundLink(row.id, row.user_id, keyed)
            _cache.put((feed_id, keyed[0]), link, seconds=CACHE_S)
    return found


def links_of(feed_id: int, user_id: str) -> QuerySet[Link]:
    """Return the links of a userId, by kind and then oldest first."""
    links = Link.objects.filter(feed=feed_id, user_id=user_id)
    return links.order_by("kind", "first_seen_at", "pk")


def from_segment(feed_id: int, user_ids: Collection[str]) -> set[str]:
    """Return those of these userIds that a link of the feed has from an event of Segment."""
    links = Link.objects.filter(feed=feed_id, origin=OriginKind.INBOUND)
    found: set[str] = set()
    for some in batched(sorted(user_ids), MOST_IN_QUERY):
        of_some = links.filter(user_id__in=some).values_list("user_id", flat=True)
        found.update(of_some.distinct())
    return found


def clear_cache() -> None:
    """Forget the cached links of this process."""
    _cache.clear()
