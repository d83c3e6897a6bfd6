"""The secrets of an inbound address, encrypted for its row, and never shown again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from streams.audit.services import record
from streams.base.caching.key_rings import key_ring
from streams.base.ids import Secret, new_secret
from streams.base.keyring import CannotDecrypt, Ciphertext
from streams.identity.inbound_address import InboundAddress

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "is_"
MOST_OLDER = 10  # secrets before the previous one, each of which is checked


class OldSecret(NamedTuple):
    """A secret before the previous one, and until when it works."""

    text: str
    until: datetime


@dataclass(frozen=True, slots=True)
class StoredSecrets:
    """All secrets of an address. Its repr has none of them."""

    newest: str = field(repr=False)
    previous: str = field(default="", repr=False)  # until previous_secret_until
    older: tuple[OldSecret, ...] = field(default=(), repr=False)  # newest first


class SealedSecrets(NamedTuple):
    """The columns of an address that store its secrets."""

    sealed: bytes
    key_ring_id: str


@dataclass(slots=True)
class AddressReencryption:
    """The result, with the public IDs of addresses that ENCRYPTION_KEYS cannot decrypt."""

    renewed: int = 0
    unreadable: list[str] = field(default_factory=list)


def new_inbound_secret() -> Secret:
    """Return a new secret of 190 random bits."""
    return new_secret(PREFIX)


def seal_secrets(secrets: StoredSecrets, *, public_id: str) -> SealedSecrets:
    """Encrypt the secrets of the address with this ID, at most MOST_OLDER older ones."""
    rows = [[one.text, one.until.timestamp()] for one in secrets.older[:MOST_OLDER]]
    text = json.dumps([secrets.newest, secrets.previous, *rows])
    sealed = key_ring().seal(text, bound_to=_row(public_id))
    return SealedSecrets(sealed.ciphertext, sealed.key_id)


def open_secrets(address: InboundAddress) -> StoredSecrets:
    """Return the secrets of an address. Raises base.keyring.CannotDecrypt."""
    sealed = Ciphertext(address.key_ring_id, bytes(address.sealed))
    text = key_ring().open(sealed, bound_to=_row(address.public_id))
    newest, previous, *rows = json.loads(text)
    older = (OldSecret(t, datetime.fromtimestamp(until, UTC)) for t, until in rows)
    return StoredSecrets(newest, previous, tuple(older))


def valid_secrets(address: InboundAddress, now: datetime) -> tuple[str, ...]:
    """Return the secrets that work at this time. Raises base.keyring.CannotDecrypt."""
    stored, until = open_secrets(address), address.previous_secret_until
    working = [stored.newest]
    if stored.previous and until and now < until:
        working.append(stored.previous)
    working += [one.text for one in stored.older if now < one.until]
    return tuple(working)


def has_secret(address: InboundAddress, secret: Secret) -> bool:
    """Whether this is the newest secret of an address."""
    try:
        return open_secrets(address).newest == secret.text
    except CannotDecrypt:
        return False


def renew_addresses(*, batch: int = 500) -> AddressReencryption:
    """Encrypt all secrets with the newest key. Can be stopped and run again at any time.

    An address whose secret is rotated meanwhile keeps the new one.
    """
    result, newest = AddressReencryption(), key_ring().newest
    for address in _older(newest, batch):
        try:
            secrets = open_secrets(address)
        except CannotDecrypt:
            result.unreadable.append(address.public_id)
            continue
        fields = seal_secrets(secrets, public_id=address.public_id)
        old = bytes(address.sealed)
        same = InboundAddress.objects.filter(pk=address.pk, sealed=old)
        result.renewed += same.update(**fields._asdict())
    if result.renewed:
        record("inbound.renewed", actor=None, count=result.renewed, key_id=newest)
    return result


def unknown_key_ids() -> list[str]:
    """Return the IDs of keys that addresses need and ENCRYPTION_KEYS lacks, sorted."""
    lacking = InboundAddress.objects.exclude(key_ring_id__in=key_ring().keys)
    ids = lacking.order_by("key_ring_id").values_list("key_ring_id", flat=True)
    return list(ids.distinct())


def _older(newest: str, batch: int) -> Iterator[InboundAddress]:
    """Yield the addresses of other keys in batches, so that no transaction stays open."""
    rows = InboundAddress.objects.exclude(key_ring_id=newest).order_by("pk")
    last = 0
    while page := list(rows.filter(pk__gt=last)[:batch]):
        yield from page
        last = page[-1].pk


def _row(public_id: str) -> str:
    return f"inbound-address:{public_id}"
