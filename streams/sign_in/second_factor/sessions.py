"""How a session was authenticated, and who must use a second factor.

An enrolled factor proves nothing about a session. Its authentication records do: allauth
adds one for each step that a person completed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
)
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists, OuterRef

from streams.tenancy.models import PartnerMembership

if TYPE_CHECKING:
    from django.http import HttpRequest

    from streams.tenancy.models import User

TRUSTED = "trusted"  # the `type` of the record for a trusted browser
MAIN_TYPES = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)

# Whether the user of a membership has an authenticator app or a passkey, as a column.
FACTOR_OF_MEMBER = Exists(
    Authenticator.objects.filter(user=OuterRef("user"), type__in=MAIN_TYPES)
)


def used_second_factor(request: HttpRequest, user: User) -> bool:
    """Whether the user used a second factor or a passkey in this session.

    A trusted browser counts, except for operators.
    """
    records = get_authentication_records(request, user)
    return any(
        one.get("method") == "mfa" and (one.get("type") != TRUSTED or not user.is_staff)
        for one in records
    )


def must_use_second_factor(user: User) -> bool:
    """Whether the portal requires a second factor: of operators and partner admins, or of all."""
    if not settings.REQUIRE_SECOND_FACTOR:
        return False
    if settings.REQUIRE_SECOND_FACTOR_OF_ALL:
        return True
    role = PartnerMembership.Role.ADMIN
    return user.is_staff or user.partner_memberships.filter(role=role).exists()


def has_factor(user: User) -> bool:
    """Whether the user has an authenticator app or a passkey."""
    return bool(Authenticator.objects.filter(user=user, type__in=MAIN_TYPES).exists())


def authenticated_recently(request: HttpRequest, user: User) -> bool:
    """Whether the user completed a step of authentication in the last few minutes."""
    records = get_authentication_records(request, user)
    latest = max(
        (one["at"] for one in records if one.get("type") != TRUSTED), default=0
    )
    return time.time() - latest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def date_last_step(request: HttpRequest, user: User, at_s: float) -> None:
    """Set when the user completed the latest step: at the Unix time `at_s`, 0 if unknown."""
    *earlier, last = get_authentication_records(request, user)
    dated = {**last, "at": min(last["at"], at_s)}
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [*earlier, dated]
