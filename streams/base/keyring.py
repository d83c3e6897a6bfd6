"""Encryption of secrets at rest: AES-256-GCM with a key ring.

The newest key encrypts, and every key decrypts. The owner of a ciphertext (`bound_to`) is
authenticated with it, so a ciphertext copied to another row is refused.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
MAX_ID_LENGTH = 20  # as in the database columns


class KeyRingError(ValueError):
    """ENCRYPTION_KEYS is invalid; the message names the entry, never the key."""


class CannotDecrypt(Exception):
    """The key is missing, or the ciphertext belongs to another row."""


class MissingKey(CannotDecrypt):
    """The ring has no key with this ID; another process of the portal may have it."""


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """A ciphertext and the ID of its key."""

    key_id: str
    ciphertext: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by ID, newest first."""

    keys: dict[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Self:
        """Read entries of the form `id:base64 of 32 bytes`, newest first.

        Raises KeyRingError.
        """
        keys: dict[str, bytes] = {}
        for number, entry in enumerate(entries, start=1):
            key_id, _, text = entry.strip().partition(":")
            try:
                key = base64.b64decode(text, validate=True)
            except ValueError:  # not base64, or not even ASCII
                key = b""
            wrong_id = not 1 <= len(key_id) <= MAX_ID_LENGTH or key_id in keys
            if wrong_id or len(key) != 32:
                raise KeyRingError(
                    f"Entry {number} of ENCRYPTION_KEYS is not `id:base64 of 32 bytes`"
                    f" with an id of its own, of at most {MAX_ID_LENGTH} characters."
                )
            keys[key_id] = key
        if not keys:
            raise KeyRingError("ENCRYPTION_KEYS is empty.")
        return cls(keys)

    @property
    def newest(self) -> str:
        """The ID of the key that encrypts."""
        return next(iter(self.keys))

    def seal(self, text: str, *, bound_to: str) -> Ciphertext:
        """Encrypt `text` for the row that `bound_to` identifies."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        cipher = AESGCM(self.keys[self.newest])
        return Ciphertext(
            self.newest, nonce + cipher.encrypt(nonce, text.encode(), bound_to.encode())
        )

    def open(self, sealed: Ciphertext, *, bound_to: str) -> str:
        """Decrypt a text that was encrypted for `bound_to`. Raises CannotDecrypt."""
        key = self.keys.get(sealed.key_id)
        if key is None:
            raise MissingKey(f"ENCRYPTION_KEYS has no key {sealed.key_id!r}.")
        nonce, body = sealed.ciphertext[:NONCE_BYTES], sealed.ciphertext[NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, body, bound_to.encode()).decode()
        except (InvalidTag, ValueError):  # ValueError: too short
            raise CannotDecrypt(
                "This ciphertext does not belong to this row."
            ) from None
