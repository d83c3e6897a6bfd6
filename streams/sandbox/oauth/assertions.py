"""The signed JWT with which an OAuth app asks for a token (RFC 7523, RS256 only)."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from streams.base.msgspec_types import prepared

# Segment requires less than 60 seconds. Its own libraries read the clock twice and use
# now - 5 and now + 55, which can differ by 61.
MAX_LIFE_S = 61

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class BadAssertion(ValueError):
    """The assertion is malformed or its signature is invalid. The message has the reason."""


@prepared
class Header(msgspec.Struct, frozen=True):
    """The JOSE header, with the app's key ID and the algorithm."""

    alg: str
    kid: Text
    typ: str = "JWT"
    crit: msgspec.Raw | None = None


@prepared
class Claims(msgspec.Struct, frozen=True):
    """The claims. `iat` and `exp` are epoch seconds, with or without a fraction."""

    sub: Text
    aud: str | list[str]
    iat: float
    exp: float
    jti: Text
    iss: str | None = None

    @property
    def audiences(self) -> list[str]:
        """The values of `aud`."""
        return [self.aud] if isinstance(self.aud, str) else self.aud


class Assertion(msgspec.Struct, frozen=True):
    """A parsed assertion whose signature is not verified yet."""

    header: Header
    claims: Claims
    signed: bytes
    signature: bytes


def parse(text: str) -> Assertion:
    """Parse the three parts of a JWT. Raises BadAssertion."""
    parts = text.split(".")
    if len(parts) != 3:
        raise BadAssertion("client_assertion is not a JWT.")
    try:
        header, claims, signature = map(_decoded, parts)
        parsed = Assertion(
            msgspec.json.decode(header, type=Header),
            msgspec.json.decode(claims, type=Claims),
            f"{parts[0]}.{parts[1]}".encode("ascii"),
            signature,
        )
    except msgspec.ValidationError as error:
        raise BadAssertion(f"client_assertion: {error}") from None
    except (binascii.Error, msgspec.DecodeError, UnicodeError, RecursionError):
        raise BadAssertion("client_assertion is not a JWT.") from None
    _check_header(parsed.header)
    return parsed


def is_signed_by(assertion: Assertion, key: RSAPublicKey) -> bool:
    """Whether the owner of this key signed the assertion."""
    try:
        key.verify(assertion.signature, assertion.signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _check_header(header: Header) -> None:
    if header.alg != "RS256":
        raise BadAssertion("client_assertion must be signed with RS256.")
    if header.typ.upper() != "JWT" or header.crit is not None:
        raise BadAssertion("client_assertion has an unsupported header.")


def _decoded(part: str) -> bytes:
    """Decode base64url text without padding."""
    padded = part + "=" * (-len(part) % 4)
    return base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
