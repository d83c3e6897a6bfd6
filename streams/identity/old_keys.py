"""Which keys of IDENTITY_KEYS are still needed, for rotating them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Max

from streams.identity.digests import ring
from streams.identity.models import IdentityKey, Link, SuppressedKey

if TYPE_CHECKING:
    from datetime import datetime


class KeyIsNeeded(ValueError):
    """Links or suppressed people have digests with the key, or new ones will."""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """How many links have a digest with a key."""

    key_id: str
    links: int
    last_seen_at: datetime | None  # the newest of them; None: there is none
    is_newest: bool  # the first of IDENTITY_KEYS: new links get it


def key_uses() -> list[KeyUse]:
    """Return the use of each key that is in the ring or that a start requires.

    Reads all links.
    """
    rows = Link.objects.values_list("key_id")
    counted = rows.annotate(links=Count("pk"), seen=Max("last_seen_at"))
    found = {key_id: (links, seen) for key_id, links, seen in counted.order_by()}
    newest, in_ring = ring().newest, list(ring().keys)
    required = IdentityKey.objects.values_list("key_id", flat=True)
    ids = dict.fromkeys([*in_ring, *sorted({*required, *found})])
    return [KeyUse(one, *found.get(one, (0, None)), one == newest) for one in ids]


def forget_key(key_id: str) -> None:
    """Let processes start without this key. Raises KeyIsNeeded.

    All processes must have another key as the first of IDENTITY_KEYS by now.
    """
    if key_id == ring().newest:
        raise KeyIsNeeded(f"{key_id} is the first of IDENTITY_KEYS.")
    if Link.objects.filter(key_id=key_id).exists():
        raise KeyIsNeeded(f"Links still need {key_id}.")
    if SuppressedKey.objects.filter(key_id=key_id).exists():
        raise KeyIsNeeded(f"Suppressed people still need {key_id}.")
    IdentityKey.objects.filter(key_id=key_id).delete()
