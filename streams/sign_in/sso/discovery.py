"""The discovery document of a provider (OpenID Connect Discovery 1.0, 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from streams.sign_in.sso.refusals import Refusal, SsoRefused

if TYPE_CHECKING:
    from streams.sign_in.sso.http import Session

WELL_KNOWN = "/.well-known/openid-configuration"
REQUIRED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
OPTIONAL = ("userinfo_endpoint",)


def read_configuration(session: Session, issuer: str) -> dict[str, Any]:
    """Fetch the document of an issuer, whose endpoints are then safe to use.

    Raises SsoRefused, http.Unusable.
    """
    response = session.get(issuer.rstrip("/") + WELL_KNOWN)
    response.raise_for_status()
    found: dict[str, Any] = response.json()
    if str(found.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
        raise SsoRefused(Refusal.ISSUER)
    present = [name for name in OPTIONAL if name in found]
    if not all(_is_url(found.get(name), issuer) for name in (*REQUIRED, *present)):
        raise SsoRefused(Refusal.CONFIGURATION)
    return found


def _is_url(text: object, issuer: str) -> bool:
    """Whether it is an https URL. An issuer without TLS may have endpoints without it."""
    allowed = {"https", urlsplit(issuer).scheme.lower()}
    if not isinstance(text, str):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme.lower() in allowed and bool(parts.hostname)
    except ValueError:
        return False
