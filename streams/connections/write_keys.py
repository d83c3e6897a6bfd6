"""Stored write keys: encrypted for one row, and found by a fingerprint.

Nothing here puts a key into an error, a repr, or a log. A `WriteKey` shows its last four
characters; the full key is in `.text`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables

from streams.base.caching.key_rings import key_ring
from streams.base.keyring import Ciphertext
from streams.connections.key_errors import InvalidKeyFormat
from streams.connections.key_format import problem_with, trimmed
from streams.connections.models import Connection

FINGERPRINT_SALT = "streams.connections.keys.fingerprint"
# The status reason of an active connection whose key a process cannot decrypt.
UNREADABLE = "The portal cannot read the write key (operator)."


@dataclass(frozen=True, slots=True, repr=False)
class WriteKey:
    """The write key of a Segment source; `text` is the secret itself."""

    text: str

    def __repr__(self) -> str:
        return f"WriteKey(…{self.last4})"

    @property
    def last4(self) -> str:
        """The only part that may be shown."""
        return self.text[-4:]

    @property
    def fingerprint(self) -> str:
        """A keyed hash that identifies the write key, useless without SECRET_KEY.

        It doesn't depend on the key ring, so a rotation leaves it unchanged. When
        SECRET_KEY changes, `manage.py reencrypt` renews it.
        """
        return _fingerprint(self.text, settings.SECRET_KEY)

    @property
    def fingerprints(self) -> list[str]:
        """The fingerprints by SECRET_KEY and by SECRET_KEY_FALLBACKS.

        A row may have any of them until `manage.py reencrypt` has renewed it.
        """
        secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return [_fingerprint(self.text, secret) for secret in secrets]


class KeyFields(TypedDict):
    """The columns of a connection that store its write key."""

    key_ciphertext: bytes
    key_ring_id: str
    key_fingerprint: str
    key_last4: str


@sensitive_variables("text")
def read_write_key(text: str) -> WriteKey:
    """The key that was pasted. Raises InvalidKeyFormat."""
    if problem := problem_with(text):
        raise InvalidKeyFormat(problem)
    return WriteKey(trimmed(text))


def seal_write_key(key: WriteKey, *, public_id: str, feed_id: int) -> KeyFields:
    """The columns for a key, sealed for this connection of this feed alone."""
    sealed = key_ring().seal(key.text, bound_to=_row(public_id, feed_id))
    return KeyFields(
        key_ciphertext=sealed.ciphertext,
        key_ring_id=sealed.key_id,
        key_fingerprint=key.fingerprint,
        key_last4=key.last4,
    )


def open_write_key(connection: Connection) -> WriteKey:
    """The key of a connection. Raises base.keyring.CannotDecrypt."""
    sealed = Ciphertext(connection.key_ring_id, bytes(connection.key_ciphertext))
    row = _row(connection.public_id, connection.feed_id)
    return WriteKey(key_ring().open(sealed, bound_to=row))


def unknown_key_ids() -> list[str]:
    """The IDs of keys that connections need and ENCRYPTION_KEYS lacks, sorted."""
    lacking = Connection.objects.current().exclude(key_ring_id__in=key_ring().keys)
    ids = lacking.order_by("key_ring_id").values_list("key_ring_id", flat=True)
    return list(ids.distinct())


def _fingerprint(text: str, secret: str) -> str:
    mac = salted_hmac(FINGERPRINT_SALT, text, secret=secret, algorithm="sha256")
    return mac.hexdigest()


def _row(public_id: str, feed_id: int) -> str:
    # With the feed: moved to another tenant's row, a ciphertext opens no more.
    return f"connection:{public_id}:feed:{feed_id}"
