"""Access tokens: issued for an assertion, valid until they expire or are revoked."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from streams.sandbox.oauth.apps import App, OAuthSettings, read_public_key
from streams.sandbox.oauth.assertions import (
    MAX_LIFE_S,
    Assertion,
    BadAssertion,
    Claims,
    is_signed_by,
    parse,
)

if TYPE_CHECKING:
    from streams.sandbox.segment.sources import Region

MAX_TOKENS = 10_000
MAX_JTIS = 100_000

# The URLs of Segment's token servers, which clients configured for them send as `aud`.
SEGMENT_SERVERS: dict[Region, str] = {
    "us": "https://oauth2.segment.io",
    "eu": "https://oauth2.eu1.segmentapis.com",
}


class OAuthError(Exception):
    """The refusal of a token. `error` is a code of RFC 6749, the message describes it."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error


class Token(NamedTuple):
    """The app, scopes and expiry of an access token."""

    app: App
    scopes: list[str]
    expires_at: float


class TokenRequest(NamedTuple):
    """A request for a token: its server's region and base URLs, and the server's time."""

    assertion: str
    scope: str
    region: Region
    servers: set[str]
    now: float


class Tokens:
    """Issues and stores tokens for one set of apps."""

    def __init__(self, settings: OAuthSettings) -> None:
        self.settings = settings
        self._apps = {(app.app_id, app.key_id): app for app in settings.apps}
        self._issued: OrderedDict[str, Token] = OrderedDict()
        self._used_jtis: OrderedDict[tuple[str, str], float] = OrderedDict()

    def issue(self, request: TokenRequest) -> tuple[str, Token]:
        """Issue a token. Returns its text and its details. Raises OAuthError."""
        try:
            assertion = parse(request.assertion)
        except BadAssertion as error:
            raise OAuthError(400, "invalid_request", str(error)) from None
        app = self._signer(assertion)
        self._check_claims(assertion.claims, app, request)
        scopes = request.scope.split()
        if not scopes or not set(scopes) <= set(app.scopes):
            raise OAuthError(400, "invalid_scope", "The app does not have this scope.")
        text = secrets.token_urlsafe(32)
        token = Token(app, scopes, request.now + app.token_life_s)
        _remember(self._issued, text, token, limit=MAX_TOKENS)
        return text, token

    def find(self, text: str, now: float) -> Token | None:
        """Return the token with this text; None if it is unknown, revoked or expired."""
        token = self._issued.get(text)
        return None if token is None or token.expires_at <= now else token

    def revoke(self, text: str | None = None, app_id: str | None = None) -> int:
        """Revoke one token, those of an app, or all. Returns their number."""
        revoked = [
            issued
            for issued, token in self._issued.items()
            if text in {None, issued} and app_id in {None, token.app.app_id}
        ]
        for issued in revoked:
            del self._issued[issued]
        return len(revoked)

    def count(self, app_id: str, now: float) -> int:
        """Count the valid tokens of an app."""
        tokens = self._issued.values()
        return sum(t.app.app_id == app_id and t.expires_at > now for t in tokens)

    def take_over(self, earlier: Tokens) -> None:
        """Keep the tokens of apps that still exist, with the apps' new settings."""
        by_id = {app.app_id: app for app in self.settings.apps}
        for text, token in earlier._issued.items():
            app = by_id.get(token.app.app_id)
            if app is not None:
                self._issued[text] = token._replace(app=app)
        self._used_jtis = earlier._used_jtis

    def _signer(self, assertion: Assertion) -> App:
        app_id, key_id = assertion.claims.sub, assertion.header.kid
        app = self._apps.get((app_id, key_id))
        if app is None:
            known = any(app_id == app.app_id for app in self.settings.apps)
            problem = "The app has no key with this kid." if known else "Unknown app."
            raise OAuthError(401, "invalid_client", problem)
        if not is_signed_by(assertion, read_public_key(app.public_key)):
            raise OAuthError(401, "invalid_client", "The signature is invalid.")
        return app

    def _check_claims(self, claims: Claims, app: App, request: TokenRequest) -> None:
        problem = _problem(claims, app, request)
        jti = (app.app_id, claims.jti)
        if problem is None and self._used_jtis.get(jti, 0) > request.now:
            problem = "The jti has been used before."
        if problem is not None:
            raise OAuthError(400, "invalid_request", problem)
        _remember(self._used_jtis, jti, claims.exp, limit=MAX_JTIS)


def _problem(claims: Claims, app: App, request: TokenRequest) -> str | None:
    """Return the problem with the claims of an assertion with a valid signature, or None."""
    # Both libraries recognize these two descriptions and correct their clock.
    if claims.exp <= request.now:
        return "Token is expired"
    if claims.iat > request.now:
        return "Token used before issued"
    if not 0 < claims.exp - claims.iat <= MAX_LIFE_S:
        return "The assertion must be valid for less than 60 seconds."
    if "sandbox" != request.region != (app.region or request.region):
        return f"The app does not belong to the region {request.region}."
    servers = request.servers | _segment_servers(app, request.region)
    if servers.isdisjoint(claims.audiences):
        return "aud must be the URL of this token server, without a trailing slash."
    if claims.iss not in {None, app.app_id, *servers}:
        return "iss must be the app ID or the URL of the token server."
    return None


def _segment_servers(app: App, region: Region) -> set[str]:
    """Return the URLs of Segment's own token servers that this one stands for."""
    where = app.region if region == "sandbox" else region
    return {url for name, url in SEGMENT_SERVERS.items() if where in {None, name}}


def _remember[K, V](items: OrderedDict[K, V], key: K, value: V, *, limit: int) -> None:
    """Store a value, and delete the oldest one beyond the limit."""
    items[key] = value
    if len(items) > limit:
        items.popitem(last=False)
