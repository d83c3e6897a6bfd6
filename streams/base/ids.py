"""Names and secrets made at random, and the digests that secrets are found by."""

from __future__ import annotations

import hashlib
import secrets
import string
from dataclasses import dataclass

# Without vowels and look-alikes: no words by accident, easy to read aloud.
PUBLIC_ALPHABET = "bcdfghjkmnpqrstvwxz23456789"
SECRET_ALPHABET = string.ascii_letters + string.digits


def public_id() -> str:
    """Twelve letters and digits (57 bits) that name a row in a URL; not a secret."""
    return "".join(secrets.choice(PUBLIC_ALPHABET) for _ in range(12))


def id_named(name: str) -> str:
    """A public id that is the same whenever it is asked for by the same name."""
    drawn = int.from_bytes(hashlib.sha256(name.encode()).digest())
    letters = []
    for _ in range(12):
        drawn, letter = divmod(drawn, len(PUBLIC_ALPHABET))
        letters.append(PUBLIC_ALPHABET[letter])
    return "".join(letters)


def short_code() -> str:
    """Four digits for a person to read from one screen and find on another."""
    return f"{secrets.randbelow(10_000):04d}"


@dataclass(frozen=True, slots=True)
class Secret:
    """A token as its owner sees it once. Only `digest` and `hint` may be stored."""

    text: str

    def __repr__(self) -> str:
        return f"Secret({self.hint}…)"

    @property
    def digest(self) -> str:
        """SHA-256 in hex: enough for a token of 190 random bits, and found by index."""
        return digest(self.text)

    @property
    def hint(self) -> str:
        """The first letters, by which people tell their tokens apart."""
        return self.text[:8]


def digest(text: str) -> str:
    """What a presented token is looked up by."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def new_secret(prefix: str) -> Secret:
    """A token of `prefix` and 32 random letters and digits."""
    return Secret(prefix + "".join(secrets.choice(SECRET_ALPHABET) for _ in range(32)))
