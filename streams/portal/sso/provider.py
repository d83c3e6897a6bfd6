"""allauth's OpenID Connect, with what it leaves out.

allauth sends no nonce, and trusts an ID token from the token endpoint without checking its
signature. Here, both are checked, and so are the issuer, the endpoints and the clock.
"""

from __future__ import annotations

import secrets
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from allauth.socialaccount.models import SocialToken
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import (
    OpenIDConnectProvider,
)
from allauth.socialaccount.providers.openid_connect.views import (
    OpenIDConnectOAuth2Adapter,
)

from streams.portal.sso.sessions import new_session
from streams.portal.sso.testing import TEST
from streams.sign_in.sso import documents
from streams.sign_in.sso.discovery import read_configuration
from streams.sign_in.sso.id_tokens import (
    authenticated_at_s,
    check_authenticated_since,
    checked_claims,
)
from streams.sign_in.sso.refusals import Refusal, SsoRefused

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialApp, SocialLogin
    from django.http import HttpRequest, HttpResponse


# Longer than any session at a provider. A provider that gets `max_age` must say in the ID
# token when the person signed in there (OpenID Connect Core 1.0, 3.1.2.1).
YEAR_S = 365 * 24 * 3600


class OpenIDConnectAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # no types
    """Talks to a provider during one sign-in."""

    # Of the sign-in that the callback continues:
    nonce = ""
    asked_at_s = 0.0
    is_test = False
    _configuration: dict[str, Any] | None = None

    @property
    def openid_config(self) -> dict[str, Any]:
        """The discovery document. Raises SsoRefused, http.Unusable."""
        if self._configuration is None:
            issuer = self.get_provider().app.settings["server_url"]
            self._configuration = documents.kept(self.provider_id, issuer)
        if self._configuration is None:
            with new_session() as session:
                self._configuration = read_configuration(session, issuer)
            documents.keep(self.provider_id, issuer, self._configuration)
        return self._configuration

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """Return the access token, which is used once and not stored."""
        return SocialToken(token=str(data["access_token"]))

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        """Return the sign-in with the provider's claims. Raises SsoRefused."""
        issuer = self.openid_config["issuer"]
        if request.GET.get("iss", issuer) != issuer:  # RFC 9207
            raise SsoRefused(Refusal.ISSUER)
        claims = self._checked(str(kwargs["response"].get("id_token", "")), app, issuer)
        if request.user.is_authenticated and not self.is_test:
            check_authenticated_since(claims, self.asked_at_s)
        at_s = authenticated_at_s(claims)
        if "userinfo_endpoint" in self.openid_config:
            more = self._get(self.profile_url, Authorization=f"Bearer {token.token}")
            if more.get("sub") != claims["sub"]:
                raise SsoRefused(Refusal.TOKEN)
            claims = {**more, **claims}
        login = self.get_provider().sociallogin_from_response(
            request, {"id_token": claims}
        )
        login.claims, login.authenticated_at_s = claims, at_s
        return login

    def _checked(self, token: str, app: SocialApp, issuer: str) -> dict[str, Any]:
        """Check the token with the provider's keys. Raises SsoRefused, http.Unusable.

        The keys may have been rotated since they were read.
        """
        url = self.openid_config["jwks_uri"]
        check = partial(
            checked_claims,
            token,
            issuer=issuer,
            client_id=app.client_id,
            nonce=self.nonce,
        )
        if keys := documents.kept(self.provider_id, url):
            try:
                return check(keys=keys)
            except SsoRefused as refusal:
                if refusal.reason != Refusal.SIGNATURE:
                    raise
        keys = self._get(url)
        claims = check(keys=keys)
        documents.keep(self.provider_id, url, keys)
        return claims

    def _get(self, url: str, **headers: str) -> dict[str, Any]:
        with new_session() as session:
            response = session.get(url, headers=headers)
            response.raise_for_status()
            found: dict[str, Any] = response.json()
            return found


class Provider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth has no types
    """A provider of the operators or of a partner."""

    oauth2_adapter_class = OpenIDConnectAdapter
    pkce_enabled_default = True

    def redirect(
        self,
        request: HttpRequest,
        process: str,
        next_url: str | None = None,
        data: Any = None,
        **kwargs: Any,
    ) -> HttpResponse:
        """Send the browser to the provider, with a nonce that the ID token must contain.

        Someone who is signed in confirms who they are, so the provider is to ask them again.
        """
        begun = {"nonce": secrets.token_urlsafe(24), "asked_at_s": time.time()}
        params = {**self.get_auth_params(), "nonce": begun["nonce"], "max_age": YEAR_S}
        if request.user.is_authenticated and data != TEST:
            params |= {"prompt": "login", "max_age": 0}
        response: HttpResponse = super().redirect(
            request, process, next_url, data, auth_params=params, **begun, **kwargs
        )
        return response

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        """Return nothing to store: the claims are used only for this sign-in."""
        return {}

    def extract_common_fields(self, data: Any) -> dict[str, Any]:
        """Return nothing: the portal's own rules find the account."""
        return {}

    def extract_email_addresses(self, data: Any) -> list[Any]:
        """Return nothing: the portal's own rules find the account."""
        return []


class Callback(OAuth2CallbackView):  # type: ignore[misc]  # allauth has no types
    """The view that the provider sends the browser back to."""

    def _get_state(
        self, request: HttpRequest, provider: Provider
    ) -> tuple[dict[str, Any] | None, HttpResponse | None]:
        state, response = super()._get_state(request, provider)
        if state:
            self.adapter.nonce = state.get("nonce", "")
            self.adapter.asked_at_s = state.get("asked_at_s", time.time())
            self.adapter.is_test = state.get("data") == TEST
        return state, response
