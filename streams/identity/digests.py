"""Keyed digests of identifiers: the only form in which the portal stores them.

The keys of each feed are derived from those in IDENTITY_KEYS. So the digests of one feed say
nothing about another, and partners can compute those of their feeds.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings

from streams.base.caching.key_rings import parsed_ring
from streams.identity.identifiers import NAMES, normalized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.base.keyring import KeyRing
    from streams.identity.identifiers import Identifier

DIGEST_BYTES = 16
FEEDS = 10_000  # whose keys a process keeps


class FeedKey(NamedTuple):
    """A key of one feed or workspace: the ID of the key of the ring, and an HMAC with it."""

    key_id: str
    mac: hmac.HMAC

    def digest(self, message: bytes) -> bytes:
        """Return the first 16 bytes of the HMAC-SHA256 of a message."""
        mac = self.mac.copy()
        mac.update(message)
        return mac.digest()[:DIGEST_BYTES]


def message(identifier: Identifier) -> bytes | None:
    """Return the bytes whose digest identifies a person; None: no one.

    They are the name of the kind, the type and the normalized value, a line each.
    """
    value = normalized(identifier)
    if value is None:
        return None
    return f"{NAMES[identifier.kind]}\n{identifier.type}\n{value}".encode()


def user_id_message(user_id: str) -> bytes:
    """Return the bytes whose digest stands for a userId. No identifier has the same."""
    return f"userId\n\n{user_id}".encode(errors="surrogatepass")


def digests(
    feed_id: int, identifiers: Sequence[Identifier]
) -> list[tuple[bytes, ...] | None]:
    """Return the digests of each identifier, by the newest key first; None: of no one."""
    keys = feed_keys(feed_id)
    messages = map(message, identifiers)
    return [
        None if m is None else tuple(key.digest(m) for key in keys) for m in messages
    ]


def feed_keys(feed_id: int) -> tuple[FeedKey, ...]:
    """Return the keys of a feed, newest first."""
    return _feed_keys(tuple(settings.IDENTITY_KEYS), feed_id)


def workspace_keys(workspace_id: int) -> tuple[FeedKey, ...]:
    """Return the keys for digests that count in all feeds of a workspace, newest first."""
    return _workspace_keys(tuple(settings.IDENTITY_KEYS), workspace_id)


def feed_secret(feed_id: int, key_id: str) -> bytes:
    """Return a key of a feed, with which its partner can compute digests. It is a secret."""
    return _derived(ring().keys[key_id], feed_id)


def ring() -> KeyRing:
    """Return the ring of IDENTITY_KEYS."""
    return parsed_ring(tuple(settings.IDENTITY_KEYS))


def key_check(key_id: str) -> bytes:
    """Return bytes that tell whether another process has the same key under this ID."""
    return _derived(ring().keys[key_id], 0)[:8]


def _derived(key: bytes, feed_id: int) -> bytes:
    return hmac.digest(key, b"identity map of feed %d" % feed_id, hashlib.sha256)


def _of_workspace(key: bytes, workspace_id: int) -> bytes:
    name = b"people of workspace %d" % workspace_id
    return hmac.digest(key, name, hashlib.sha256)


# Each lookup needs the keys of its feed.
@lru_cache(maxsize=FEEDS)
def _feed_keys(entries: tuple[str, ...], feed_id: int) -> tuple[FeedKey, ...]:
    return tuple(
        FeedKey(key_id, hmac.new(_derived(key, feed_id), digestmod=hashlib.sha256))
        for key_id, key in parsed_ring(entries).keys.items()
    )


@lru_cache(maxsize=FEEDS)
def _workspace_keys(entries: tuple[str, ...], workspace_id: int) -> tuple[FeedKey, ...]:
    return tuple(
        FeedKey(
            key_id, hmac.new(_of_workspace(key, workspace_id), digestmod=hashlib.sha256)
        )
        for key_id, key in parsed_ring(entries).keys.items()
    )
