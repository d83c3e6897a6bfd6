"""The key rings in the settings, parsed once."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from streams.base.keyring import KeyRing


def key_ring() -> KeyRing:
    """Return the ring of ENCRYPTION_KEYS."""
    return parsed_ring(tuple(settings.ENCRYPTION_KEYS))


# Each batch that is sent opens a key, and each lookup of a person needs those of its feed.
@lru_cache(maxsize=8)
def parsed_ring(entries: tuple[str, ...]) -> KeyRing:
    """Return the ring of these entries, which is kept. Raises KeyRingError."""
    return KeyRing.parse(entries)
