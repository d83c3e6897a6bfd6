"""Hashes of IDs, which a sketch keeps."""

from __future__ import annotations

import secrets
from hashlib import blake2b
from typing import TYPE_CHECKING

from streams.tracked_users.models import TrackedUsersKey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from streams.tracked_users.kinds import IdKind

_ONLY = 1  # the ID of the key's row
KEY_BYTES = 32


def hash_key(*, at: datetime) -> bytes:
    """Return the key of all hashes. Creates it the first time, when counting begins.

    It is a secret.
    """
    rows = TrackedUsersKey.objects.filter(pk=_ONLY).values_list("key", flat=True)
    key = rows.first()
    if key is None:
        new = TrackedUsersKey(
            pk=_ONLY, key=secrets.token_bytes(KEY_BYTES), created_at=at
        )
        TrackedUsersKey.objects.bulk_create([new], ignore_conflicts=True)
        key = rows.get()  # another process may have been faster
    return bytes(key)


def counted_since() -> datetime | None:
    """Return when the portal began to count people; None: it hasn't, or that is unknown."""
    rows = TrackedUsersKey.objects.filter(pk=_ONLY)
    return rows.values_list("created_at", flat=True).first()


def hashes(
    ids: Iterable[str], *, key: bytes, workspace_id: int, kind: IdKind
) -> set[int]:
    """Return a hash of 64 bits for each ID.

    All streams of a workspace have the same hash for an ID, as Segment counts it once. A
    userId never has the hash of an anonymousId.
    """
    start = blake2b(digest_size=8, key=key)
    start.update(b"%d %d " % (workspace_id, kind.is_user_id))
    found = set()
    for one in ids:
        digest = start.copy()
        digest.update(one.encode("utf-8", "surrogatepass"))
        found.add(int.from_bytes(digest.digest()))
    return found
