"""OAuth like Segment: the token endpoint, and the refusals of sources that require a token.

`POST /token` (per region `/us/token`, `/eu/token`) accepts the form that Segment's libraries
send. Without a region in the path, it serves the apps of every region.
"""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from streams.sandbox.http.responses import Response, failure, json_response
from streams.sandbox.oauth.apps import TRACKING_SCOPE, OAuthSettings
from streams.sandbox.oauth.tokens import OAuthError, TokenRequest, Tokens

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.sandbox.http.request import Request
    from streams.sandbox.segment.sources import Region

FORM = "application/x-www-form-urlencoded"
GRANT = "client_credentials"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
MAX_FORM_BYTES = 16 * 1024


class OAuthEndpoint:
    """The apps, their tokens, and the write keys that require a token."""

    def __init__(self) -> None:
        self.tokens = Tokens(OAuthSettings())
        self._enforced: frozenset[str] = frozenset()

    @property
    def settings(self) -> OAuthSettings:
        """The current settings."""
        return self.tokens.settings

    def set(self, settings: OAuthSettings) -> None:
        """Change the settings. The tokens of apps that still exist stay valid."""
        tokens = Tokens(settings)
        tokens.take_over(self.tokens)
        self.tokens = tokens
        self._enforced = frozenset(settings.enforced)

    def now(self, request: Request) -> float:
        """Return the token server's time, in epoch seconds."""
        return request.received_at + self.settings.clock_skew_s

    def respond(self, request: Request, region: Region) -> Response:
        """Respond to a request for a token."""
        now = self.now(request)
        try:
            text, token = self.tokens.issue(_read(request, region, now))
        except OAuthError as error:
            return self.dated(request, oauth_failure(error))
        content = {
            "access_token": text,
            "token_type": "Bearer",
            "expires_in": token.app.token_life_s,
            "scope": " ".join(token.scopes),
        }
        return self.dated(request, json_response(content))

    def dated(self, request: Request, response: Response) -> Response:
        """Add the headers of a token server to a response, with the date by its clock."""
        headers = {
            "Date": formatdate(self.now(request), usegmt=True),
            "Cache-Control": "no-store",
        }
        return Response(response.status, response.body, {**headers, **response.headers})

    def refusal(
        self, request: Request, region: Region, write_keys: Iterable[str]
    ) -> Response | None:
        """Return the refusal of events with these write keys, or None."""
        enforced = self._enforced.intersection(write_keys) if self._enforced else ()
        if not enforced:
            return None
        scheme, _, text = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return _unauthorized("The source requires an OAuth token.")
        token = self.tokens.find(text.strip(), self.now(request))
        if token is None:
            return _unauthorized("The token is unknown, expired or revoked.")
        if region != "sandbox" and token.app.region not in {None, region}:
            return failure(403, "The token belongs to another region.", "wrong_region")
        if TRACKING_SCOPE not in token.scopes:
            return failure(403, f"The token lacks {TRACKING_SCOPE}.", "wrong_scope")
        connected = token.app.write_keys
        if connected is not None and not enforced <= set(connected):
            return failure(403, "The app is not connected to this source.", "forbidden")
        return None


def oauth_failure(error: OAuthError) -> Response:
    """Return an error in the format of RFC 6749."""
    content = {"error": error.error, "error_description": str(error)}
    return json_response(content, error.status)


def _unauthorized(message: str) -> Response:
    refused = failure(401, message, "unauthorized")
    headers = {"WWW-Authenticate": 'Bearer realm="tracking"'}
    return Response(refused.status, refused.body, headers)


def _read(request: Request, region: Region, now: float) -> TokenRequest:
    """Read the form of a token request. Raises OAuthError."""
    content_type = request.headers.get("content-type", "").partition(";")[0]
    if content_type.strip().lower() != FORM:
        raise OAuthError(415, "invalid_request", f"Send the request as {FORM}.")
    form = _form(request.body)
    grant = form.get("grant_type")
    if grant is not None and grant != GRANT:
        raise OAuthError(400, "unsupported_grant_type", f"grant_type must be {GRANT}.")
    missing = [n for n in ("grant_type", "client_assertion", "scope") if n not in form]
    if missing:
        raise OAuthError(400, "invalid_request", f"{missing[0]} is missing.")
    if form.get("client_assertion_type") != ASSERTION:
        problem = f"client_assertion_type must be {ASSERTION}."
        raise OAuthError(400, "invalid_request", problem)
    return TokenRequest(
        assertion=form["client_assertion"],
        scope=form["scope"],
        region=region,
        servers=_servers(request, region),
        now=now,
    )


def _form(body: bytes) -> dict[str, str]:
    if len(body) > MAX_FORM_BYTES:
        problem = f"The form is larger than {MAX_FORM_BYTES:,} bytes."
        raise OAuthError(413, "invalid_request", problem)
    try:
        fields = parse_qs(body.decode(), max_num_fields=20)
    except ValueError:
        raise OAuthError(400, "invalid_request", "The form is malformed.") from None
    if any(len(values) > 1 for values in fields.values()):
        raise OAuthError(400, "invalid_request", "A parameter is repeated.")
    return {name: values[0] for name, values in fields.items()}


def _servers(request: Request, region: Region) -> set[str]:
    """Return the URLs of this token server from the client's point of view."""
    host = request.headers.get("host", "")
    path = request.path.removesuffix("/").removesuffix("/token")
    return {f"{scheme}://{host}{path}" for scheme in ("http", "https")}
