"""Start a sign-in at a provider, and continue it when the browser comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from streams.base.client_address import client_address
from streams.base.rate_limit import RateLimited, consume
from streams.portal.sso.provider import Callback, OpenIDConnectAdapter
from streams.portal.sso.refused import refused
from streams.portal.sso.sessions import requests_through
from streams.sign_in.sign_in_limits import SSO_FROM_ADDRESS
from streams.sign_in.sso import documents
from streams.sign_in.sso.http import Unusable
from streams.sign_in.sso.providers import provider_with
from streams.sign_in.sso.refusals import Refusal, SsoRefused
from streams.web.rate_limited import too_many

if TYPE_CHECKING:
    from collections.abc import Callable

# The provider's documents may have changed since they were read.
MOVED = {Refusal.ISSUER, Refusal.CONFIGURATION, Refusal.SIGNATURE}


@require_GET
@never_cache
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send the browser to a provider. A link, because a form may not lead elsewhere (CSP)."""
    return to_provider(request, provider_id, next_url=get_next_redirect_url(request))


@require_GET
@never_cache
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Sign in the person whom the provider sent back."""
    view = Callback.adapter_view(OpenIDConnectAdapter(request, provider_id))
    return _with_provider(request, provider_id, lambda: view(request))


def to_provider(
    request: HttpRequest,
    provider_id: str,
    *,
    next_url: str | None = None,
    purpose: str | None = None,
) -> HttpResponse:
    """Send the browser to a provider. The callback gets the `purpose` (see adapter.py)."""
    try:
        consume(SSO_FROM_ADDRESS, client_address(request))
    except RateLimited as limited:
        reason = _("There were too many attempts to sign in with single sign-on.")
        return too_many(request, limited, reason)

    if purpose:  # an admin's test of what the provider does now
        documents.forget(provider_id)

    def redirect() -> HttpResponse:
        provider = get_adapter(request).get_provider(request, provider=provider_id)
        response: HttpResponse = provider.redirect(
            request, process=AuthProcess.LOGIN, next_url=next_url, data=purpose
        )
        return response

    return _with_provider(request, provider_id, redirect)


def _with_provider(
    request: HttpRequest, provider_id: str, step: Callable[[], HttpResponse]
) -> HttpResponse:
    """Take a step of the protocol. Whatever the provider sends, the response is a page."""
    try:
        trusted = provider_with(provider_id)
        if trusted is None:
            raise Http404
        with requests_through(trusted.new_session):
            return step()
    except SsoRefused as refusal:
        if refusal.reason in MOVED:
            documents.forget(provider_id)
        return refused(request, refusal.reason, provider_id)
    except (OAuth2Error, Unusable):
        documents.forget(provider_id)
        return refused(request, Refusal.UNREACHABLE, provider_id)
