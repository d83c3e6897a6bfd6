"""Check the ID token of an OpenID Connect provider (OpenID Connect Core 1.0, 3.1.3.7)."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import jwt

from streams.sign_in.sso.refusals import Refusal, SsoRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

# Of the provider's clock against ours. Servers that use NTP are within a second, and an ID
# token is seconds old when it arrives.
LEEWAY = timedelta(seconds=60)
# No shared secrets: with them, everyone who can check a token can create one.
ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
    "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
MAX_TIME_S = 10**11  # the year 5138
MAX_SUBJECT_LENGTH = 191  # characters, as in allauth's column

# The first that applies; the last applies to all others.
_REFUSALS: tuple[tuple[type[Exception], Refusal], ...] = (
    (jwt.ExpiredSignatureError, Refusal.EXPIRED),
    (jwt.ImmatureSignatureError, Refusal.CLOCK),
    (jwt.InvalidIssuerError, Refusal.ISSUER),
    (jwt.InvalidAudienceError, Refusal.AUDIENCE),
    (jwt.InvalidSignatureError, Refusal.SIGNATURE),
    (jwt.InvalidAlgorithmError, Refusal.SIGNATURE),
    (Exception, Refusal.TOKEN),
)


def checked_claims(
    token: str, *, keys: Mapping[str, Any], issuer: str, client_id: str, nonce: str
) -> dict[str, Any]:
    """Return the claims of an ID token that the issuer signed for this sign-in.

    `keys` is the provider's JSON Web Key Set. Raises SsoRefused.
    """
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key=_key_of(token, keys),
            algorithms=ALGORITHMS,
            audience=client_id,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": REQUIRED},
        )
    except SsoRefused:
        raise
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError) as error:
        # PyJWT checks types only in part, and the provider may send anything.
        reason = next(reason for kind, reason in _REFUSALS if isinstance(error, kind))
        raise SsoRefused(reason) from None
    if claims.get("azp", client_id) != client_id:
        raise SsoRefused(Refusal.AUDIENCE)
    if not _is_same(claims.get("nonce"), nonce):
        raise SsoRefused(Refusal.NONCE)
    if not 1 <= len(claims["sub"]) <= MAX_SUBJECT_LENGTH:
        raise SsoRefused(Refusal.TOKEN)
    return claims


def authenticated_at_s(claims: Mapping[str, Any]) -> float:
    """Return when the person proved to the provider who they are, a Unix time; 0: unknown."""
    at_s = claims.get("auth_time")
    if isinstance(at_s, bool) or not isinstance(at_s, int | float):
        return 0.0
    return float(at_s) if 0 < at_s < MAX_TIME_S else 0.0


def check_authenticated_since(claims: Mapping[str, Any], asked_at_s: float) -> None:
    """Check that the person proved who they are after we asked for it. Raises SsoRefused."""
    at_s = authenticated_at_s(claims)
    if not at_s:
        raise SsoRefused(Refusal.NO_AUTH_TIME)
    if at_s < asked_at_s - LEEWAY.total_seconds():
        raise SsoRefused(Refusal.OLD_SIGN_IN)


def _key_of(token: str, keys: Mapping[str, Any]) -> jwt.PyJWK:
    """Return the key that the token names, or the only one. Raises SsoRefused, PyJWTError."""
    named = jwt.get_unverified_header(token).get("kid")
    usable = [
        key
        for key in jwt.PyJWKSet.from_dict(dict(keys)).keys
        if key.public_key_use in (None, "sig") and key.key_type != "oct"
    ]
    found = [key for key in usable if named is None or key.key_id == named]
    if len(found) != 1:
        raise SsoRefused(Refusal.SIGNATURE)
    return found[0]


def _is_same(sent: object, nonce: str) -> bool:
    return (
        isinstance(sent, str)
        and bool(nonce)
        and secrets.compare_digest(sent.encode(), nonce.encode())
    )
