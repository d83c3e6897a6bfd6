"""URLs for second factors, below `/accounts/2fa/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.base import views as base_views
from allauth.mfa.recovery_codes import views as code_views
from allauth.mfa.totp import views as app_views
from allauth.mfa.webauthn import views as passkey_views
from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from streams.portal.account.second_factor import views
from streams.web.recent_sign_in import confirmed

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse, HttpResponseBase


def own(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
    """Return a path of a page that changes the user's factors.

    allauth asks only users with a password or a factor who they are.
    """
    return page(route, login_required(confirmed(view)), name)


def page(route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
    """Return a path whose page no browser and no proxy keeps."""
    return path(route, never_cache(view), name=name)


urlpatterns = [
    page("", views.Factors.as_view(), "mfa_index"),
    page("required/", views.second_factor, "account_second_factor"),
    page("done/", views.second_factor_done, "account_second_factor_done"),
    page("authenticate/", base_views.authenticate, "mfa_authenticate"),
    page("reauthenticate/", base_views.reauthenticate, "mfa_reauthenticate"),
    page("trust/", base_views.trust, "mfa_trust"),
    own("app/add/", app_views.activate_totp, "mfa_activate_totp"),
    own("app/remove/", app_views.deactivate_totp, "mfa_deactivate_totp"),
    own("recovery-codes/", code_views.view_recovery_codes, "mfa_view_recovery_codes"),
    own(
        "recovery-codes/new/",
        code_views.generate_recovery_codes,
        "mfa_generate_recovery_codes",
    ),
    page(
        "passkeys/",
        RedirectView.as_view(pattern_name="mfa_index"),
        "mfa_list_webauthn",
    ),
    own("passkeys/add/", passkey_views.add_webauthn, "mfa_add_webauthn"),
    page("passkeys/sign-in/", views.PasskeySignIn.as_view(), "mfa_login_webauthn"),
    page(
        "passkeys/reauthenticate/",
        views.ConfirmPasskey.as_view(),
        "mfa_reauthenticate_webauthn",
    ),
    own(
        "passkeys/<int:pk>/remove/",
        views.RemovePasskey.as_view(),
        "mfa_remove_webauthn",
    ),
    own(
        "passkeys/<int:pk>/rename/", views.RenamePasskey.as_view(), "mfa_edit_webauthn"
    ),
]
