"""The steps of a sign-in after the password: the second factor, and trusting the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.internal.flows.trust import is_trusted_browser
from allauth.mfa.stages import AuthenticateStage, TrustStage
from allauth.mfa.webauthn.internal.flows import did_use_passwordless_login

from streams.sign_in.second_factor.sessions import TRUSTED, has_factor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]  # allauth has no types
    """Ask for the second factor, also operators whose browser is trusted."""

    def _should_handle(self, request: HttpRequest) -> bool:
        user = self.login.user
        if user is None or not has_factor(user):
            return False
        if did_use_passwordless_login(request, user):
            return False
        if user.is_staff or not is_trusted_browser(request, user):
            return True
        record_authentication(request, user, "mfa", type=TRUSTED)
        return False


class TrustBrowserStage(TrustStage):  # type: ignore[misc]
    """Offer to trust the browser for 30 days, but not to operators."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if self.login.user.is_staff:
            return None, True
        handled: tuple[HttpResponse | None, bool] = super().handle()
        return handled
