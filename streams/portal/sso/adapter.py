"""Adapter that gives allauth's single sign-on the portal's providers and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthError

from streams.portal.sso.refused import refused
from streams.portal.sso.sessions import new_session
from streams.portal.sso.testing import TEST, end_test
from streams.sign_in.sso import documents
from streams.sign_in.sso.accounts import link
from streams.sign_in.sso.claims import Identity
from streams.sign_in.sso.providers import provider_with
from streams.sign_in.sso.refusals import Refusal, SsoRefused

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin
    from allauth.socialaccount.providers.base import Provider
    from django.http import HttpRequest

    from streams.sign_in.sso.http import Session


class SocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # no types
    """Signs in people who already have a reason to have an account; no one signs up."""

    def is_open_for_signup(
        self, request: HttpRequest, sociallogin: SocialLogin
    ) -> bool:
        return False

    def list_apps(
        self,
        request: HttpRequest,
        provider: str | None = None,
        client_id: str | None = None,
    ) -> list[SocialApp]:
        """Return the provider with this ID, which isn't in allauth's table."""
        trusted = provider_with(provider or "")
        if trusted is None:
            return []
        return [
            SocialApp(
                provider="openid_connect",
                provider_id=trusted.provider_id,
                name=trusted.name,
                client_id=trusted.client_id,
                secret=trusted.client_secret,
                settings={"server_url": trusted.issuer},
            )
        ]

    def get_requests_session(self) -> Session:
        return new_session()

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find the account by the portal's rules, before allauth does. Raises SsoRefused."""
        trusted = provider_with(sociallogin.account.provider)
        if trusted is None:  # removed in the meantime
            raise SsoRefused(Refusal.STATE)
        identity = Identity.of(sociallogin.claims)
        if sociallogin.state.get("data") == TEST and trusted.of_partner:
            done = end_test(request, trusted.of_partner, identity)
            raise ImmediateHttpResponse(done)
        user = trusted.account_of(identity)
        sociallogin.account = link(
            user=user, provider=trusted, subject=sociallogin.account.uid
        )
        sociallogin.user = user

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Provider,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Show the portal's own page in place of allauth's."""
        if error == AuthError.CANCELLED:
            reason = Refusal.CANCELED
        elif exception is not None:
            reason = Refusal.UNREACHABLE
            documents.forget(provider.app.provider_id)  # they may have changed
        elif "state" in (extra_context or {}):
            reason = Refusal.PROVIDER
        else:
            reason = Refusal.STATE
        raise ImmediateHttpResponse(refused(request, reason, provider.app.provider_id))
