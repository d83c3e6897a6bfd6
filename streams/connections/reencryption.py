"""Re-encrypt all write keys with the newest key of the ring, without downtime."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

from streams.audit.services import record
from streams.base.caching.key_rings import key_ring
from streams.base.keyring import CannotDecrypt
from streams.connections.models import Connection
from streams.connections.write_keys import open_write_key, seal_write_key


@dataclass(slots=True)
class ReencryptionResult:
    """The result, with the public IDs of connections that need attention."""

    renewed: int = 0
    unreadable: list[str] = field(default_factory=list)  # the ring lacks their key
    used_twice: list[str] = field(default_factory=list)  # another has the same key


def renew_keys(*, batch: int = 500) -> ReencryptionResult:
    """Re-encrypt with the newest key, and renew fingerprints.

    Can be stopped and run again at any time. A connection whose key is replaced meanwhile
    keeps the new key.
    """
    result = ReencryptionResult()
    for connection in _current(batch):
        try:
            _renew(connection, result)
        except CannotDecrypt:
            result.unreadable.append(connection.public_id)
    if result.renewed:
        newest = key_ring().newest
        record("connections.renewed", actor=None, count=result.renewed, key_id=newest)
    return result


def _current(batch: int) -> Iterator[Connection]:
    """Yield all connections with a key in batches, so that no transaction stays open."""
    rows, last = Connection.objects.current().order_by("pk"), 0
    while page := list(rows.filter(pk__gt=last)[:batch]):
        yield from page
        last = page[-1].pk


def _renew(connection: Connection, result: ReencryptionResult) -> None:
    key = open_write_key(connection)
    name, feed_id = connection.public_id, connection.feed_id
    fields = seal_write_key(key, public_id=name, feed_id=feed_id)
    sealed_with_newest = connection.key_ring_id == fields["key_ring_id"]
    if sealed_with_newest and connection.key_fingerprint == key.fingerprint:
        return
    # The UPDATE checks again, so that a key replaced meanwhile is kept.
    old = bytes(connection.key_ciphertext)
    same = Connection.objects.filter(pk=connection.pk, key_ciphertext=old)
    try:
        with transaction.atomic():
            result.renewed += same.update(**fields)
    except IntegrityError:
        # Pasted twice between a change of SECRET_KEY and now: only a person can say
        # whose it is. Its old fingerprint stays.
        fields["key_fingerprint"] = connection.key_fingerprint
        same.update(**fields)
        result.used_twice.append(name)
