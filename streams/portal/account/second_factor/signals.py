"""Record the use of factors in the session and the activity log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import authentication_step_completed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_used
from allauth.usersessions.models import UserSession
from django.dispatch import receiver

from streams.sign_in import security_notices
from streams.sign_in.second_factor.sessions import MAIN_TYPES

if TYPE_CHECKING:
    from django.http import HttpRequest

    from streams.tenancy.models import User


@receiver(authenticator_added)
def proven(
    request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    """Count a new factor as used in this session: adding it takes a code or the passkey."""
    if authenticator.type in MAIN_TYPES:
        details = {"id": authenticator.pk, "type": authenticator.type}
        record_authentication(request, user, "mfa", **details)


@receiver(authentication_step_completed)
def renew_key(request: HttpRequest, **details: Any) -> None:
    """Give the session a new key when its user confirms who they are."""
    if not details.get("reauthenticated"):
        return
    before = request.session.session_key
    request.session.cycle_key()
    rows = UserSession.objects.filter(session_key=before)
    rows.update(session_key=request.session.session_key)


@receiver(authenticator_used)
def used(
    request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    """Notify the person of the use of a recovery code, which may be stolen."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        security_notices.factor_changed(request, user, action="user.recovery_code_used")
