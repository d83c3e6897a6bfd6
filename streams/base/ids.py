"""Random IDs and secrets, and the digests for looking up secrets."""

from __future__ import annotations

import hashlib
import secrets
import string
from dataclasses import dataclass

# No vowels or look-alikes: no accidental words, and easy to read aloud.
PUBLIC_ALPHABET = "bcdfghjkmnpqrstvwxz23456789"
SECRET_ALPHABET = string.ascii_letters + string.digits


def public_id() -> str:
    """Return 12 letters and digits (57 bits) that identify a row in a URL; not secret."""
    return "".join(secrets.choice(PUBLIC_ALPHABET) for _ in range(12))


def id_named(name: str) -> str:
    """Return a public ID that is always the same for the same name."""
    drawn = int.from_bytes(hashlib.sha256(name.encode()).digest())
    letters = []
    for _ in range(12):
        drawn, letter = divmod(drawn, len(PUBLIC_ALPHABET))
        letters.append(PUBLIC_ALPHABET[letter])
    return "".join(letters)


def short_code() -> str:
    """Return four digits for a person to compare on two screens; 0000 looks unset."""
    return str(1_000 + secrets.randbelow(9_000))


@dataclass(frozen=True, slots=True)
class Secret:
    """A token, shown to its owner only once. Store only `digest` and `hint`."""

    text: str

    def __repr__(self) -> str:
        return f"Secret({self.hint}…)"

    @property
    def digest(self) -> str:
        """SHA-256 in hex: safe for a token of 190 random bits, and indexable."""
        return digest(self.text)

    @property
    def hint(self) -> str:
        """The first characters, by which people tell tokens apart."""
        return self.text[:8]


def digest(text: str) -> str:
    """Return the digest by which a presented token is looked up."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def new_secret(prefix: str) -> Secret:
    """Create a token from `prefix` and 32 random letters and digits."""
    return Secret(prefix + "".join(secrets.choice(SECRET_ALPHABET) for _ in range(32)))
