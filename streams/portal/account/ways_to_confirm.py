"""How a user confirms who they are: with a second factor, or else as they sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils.translation import gettext as _

from streams.sign_in.sso.domains import enforced_for, provider_for

if TYPE_CHECKING:
    from django.http import HttpRequest

    from streams.tenancy.models import User

PASSWORD_METHOD = "reauthenticate"  # noqa: S105 - allauth's name of the method
PASSKEY_METHOD = "mfa_reauthenticate:webauthn"
# The method of an authentication record, by the method that repeats it.
_RECORDED = {PASSWORD_METHOD: "password", "code": "code", "sso": "socialaccount"}

# Single sign-on whose provider doesn't say when the person signed in there.
TIMELESS = "timeless"


def factors_to_confirm(
    request: HttpRequest, user: User, methods: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return allauth's methods of a user with a factor, the one they used last first."""
    factors = [one for one in methods if one["id"] != PASSWORD_METHOD]
    types = [one.get("type") for one in get_authentication_records(request, user)]
    apps = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP)
    uses_passkey = types[-1:] == [Authenticator.Type.WEBAUTHN] or not apps.exists()
    return sorted(
        factors, key=lambda one: (one["id"] == PASSKEY_METHOD) != uses_passkey
    )


def ways_to_confirm(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    """Return the ways in which the user could also sign in, in allauth's form.

    The way that the user used last is the first one, which is offered.
    """
    ways, last = [], _last_way(request, user)
    must_use_sso = enforced_for(user.email) is not None
    if not must_use_sso and user.has_usable_password():
        url = reverse("account_reauthenticate")
        ways.append(_way(PASSWORD_METHOD, _("Use your password"), url))
    if not must_use_sso or last == TIMELESS:
        url = reverse("account_reauthenticate_code")
        ways.append(_way("code", _("Use an emailed code"), url))
    provider = None if user.is_staff else provider_for(user.email)
    if provider is not None:
        url = reverse("openid_connect_login", args=[provider.public_id])
        ways.append(_way("sso", _("Use single sign-on"), url))
    first = "code" if last == TIMELESS else last
    return sorted(ways, key=lambda way: _RECORDED[way["id"]] != first)


def _last_way(request: HttpRequest, user: User) -> str:
    """Return the method that the user signed in with, as in `_RECORDED`, or `TIMELESS`."""
    for one in reversed(get_authentication_records(request, user)):
        if one.get("method") in _RECORDED.values():
            return str(one["method"]) if one["at"] else TIMELESS
    return ""


def _way(name: str, description: str, url: str) -> dict[str, Any]:
    return {"id": name, "description": description, "url": url}
