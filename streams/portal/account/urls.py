"""URLs and views for sign-in and passwords: the pages of django-allauth that are in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import views
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from streams.base.client_address import client_address
from streams.base.rate_limit import RateLimited, consume, give_back
from streams.portal.account import sessions
from streams.portal.account.code_sign_in import ConfirmCode, RequestCode
from streams.portal.account.confirm_by_code import ConfirmByCode
from streams.sign_in.reset_links import EmailNotSent
from streams.sign_in.sign_in_limits import (
    CHANGES_OF_PASSWORD,
    RESETS_FROM_ADDRESS,
    RESETS_TO_EMAIL,
)
from streams.web.rate_limited import too_many
from streams.web.recent_sign_in import confirmed

if TYPE_CHECKING:
    from django.forms import Form


class PasswordReset(views.PasswordResetView):  # type: ignore[misc]  # allauth has no types
    """Email a reset link. The response is the same whether or not an account exists."""

    def form_valid(self, form: Form) -> HttpResponse:
        email = form.cleaned_data["email"].strip().lower()
        try:
            consume(RESETS_FROM_ADDRESS, client_address(self.request))
        except RateLimited as limited:
            reason = _("You requested too many password reset links.")
            return too_many(self.request, limited, reason)
        try:
            consume(RESETS_TO_EMAIL, email)
        except RateLimited:
            # Earlier links still work. The requester may be a stranger and learns nothing.
            return redirect(self.get_success_url())
        return self._send(form, email)

    def _send(self, form: Form, email: str) -> HttpResponse:
        try:
            response: HttpResponse = super().form_valid(form)
        except EmailNotSent:
            give_back(RESETS_TO_EMAIL, email)
            form.add_error(
                None, _("We can't send email right now. Try again in a few minutes.")
            )
            response = self.form_invalid(form)
            response.status_code = 503
        return response


class PasswordChange(views.PasswordChangeView):  # type: ignore[misc]  # allauth has no types
    """Limit the attempts, so that no one can guess the password at an open session."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            consume(CHANGES_OF_PASSWORD, str(request.user.pk))
        except RateLimited as limited:
            reason = _("You tried to change your password too many times.")
            return too_many(request, limited, reason)
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response


def closed(request: HttpRequest, **_captured: str) -> HttpResponse:
    """Return 404 for pages that allauth links to but that the portal doesn't offer."""
    raise Http404


urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", views.login, name="account_login"),
    path(
        "login/code/",
        never_cache(RequestCode.as_view()),
        name="account_request_login_code",
    ),
    path(
        "login/code/confirm/",
        ConfirmCode.as_view(),
        name="account_confirm_login_code",
    ),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("signup/", views.signup, name="account_signup"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path(
        "reauthenticate/code/",
        never_cache(login_required(ConfirmByCode.as_view())),
        name="account_reauthenticate_code",
    ),
    path(
        "password/change/",
        login_required(PasswordChange.as_view()),
        name="account_change_password",
    ),
    path(
        "password/set/",
        login_required(confirmed(views.password_set)),
        name="account_set_password",
    ),
    path("password/reset/", PasswordReset.as_view(), name="account_reset_password"),
    path(
        "password/reset/done/",
        views.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(  # the key contains a hyphen
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("sessions/", sessions.sessions, name="usersessions_list"),
    path("sessions/end/", sessions.sessions_end, name="usersessions_end_all"),
    path("sessions/<int:pk>/end/", sessions.session_end, name="usersessions_end"),
    path("2fa/", include("streams.portal.account.second_factor.urls")),
    # To change an address, an admin invites the new one.
    path("email/", closed, name="account_email"),
    path("confirm-email/", closed, name="account_email_verification_sent"),
]
