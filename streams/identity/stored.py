"""Stored links by their digests, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from streams.base.database.driver import columns, driver_cursor
from streams.identity.claims import KnownLink
from streams.identity.models import Link

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

CHUNK = 500  # parameters in an IN list, below the limit of every SQLite version
_COLUMNS = ("id", "digest", "user_id", "last_seen_at")
_BY_DIGEST = (
    "SELECT id, digest, user_id, last_seen_at FROM streams_link"
    " WHERE feed_id = %s AND digest = ANY(%b)"
)
_SEE_ALL = (
    "UPDATE streams_link SET digest = new.digest, key_id = %s, last_seen_at = new.seen_at"
    " FROM unnest(%b::int8[], %b::bytea[], %b::timestamptz[]) AS new(id, digest, seen_at)"
    " WHERE streams_link.id = new.id"
)
_SEE_ONE = (
    "UPDATE streams_link SET digest = %s, key_id = %s, last_seen_at = %s WHERE id = %s"
)


def links_by_digest(feed_id: int, digests: Sequence[bytes]) -> dict[bytes, KnownLink]:
    """Return the links of a feed with these digests. One statement on PostgreSQL."""
    if not digests:
        return {}
    if connection.vendor == "postgresql":
        with driver_cursor() as cursor:
            cursor.execute(_BY_DIGEST, [feed_id, list(digests)], binary=True)
            return {row[1]: KnownLink(*row) for row in cursor.fetchall()}
    found: dict[bytes, KnownLink] = {}
    for first in range(0, len(digests), CHUNK):
        chunk = digests[first : first + CHUNK]
        rows = Link.objects.filter(feed=feed_id, digest__in=chunk)
        for pk, digest, user_id, seen_at in rows.values_list(*_COLUMNS):
            found[bytes(digest)] = KnownLink(pk, bytes(digest), user_id, seen_at)
    return found


def see_links(key_id: str, seen: Sequence[tuple[int, bytes, datetime]]) -> None:
    """Store when links were last seen, and their digests by the newest key.

    Each is `(ID, digest, time)`. One statement on PostgreSQL.
    """
    if not seen:
        return
    if connection.vendor == "postgresql":
        with driver_cursor() as cursor:
            cursor.execute(_SEE_ALL, [key_id, *columns(seen)])
        return
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.executemany(
            _SEE_ONE, [(digest, key_id, adapt(at), pk) for pk, digest, at in seen]
        )
