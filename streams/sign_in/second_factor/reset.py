"""Remove the factors of a person who lost all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.mfa.models import Authenticator
from django.db import transaction

from streams.audit.services import record
from streams.sign_in.security_notices import email_reset
from streams.sign_in.session_ending import end_sessions

if TYPE_CHECKING:
    from streams.tenancy.models import User


@transaction.atomic
def reset_second_factor(*, user: User) -> int:
    """Delete all factors, end all sessions, and email the person.

    Returns the number of deleted factors. Trusted browsers aren't trusted any longer,
    because their cookies name the factors.
    """
    _, by_model = Authenticator.objects.filter(user=user).delete()
    end_sessions(user)
    record("user.second_factor_reset", actor=None, member=user.email)
    transaction.on_commit(lambda: email_reset(user))
    return sum(by_model.values())
