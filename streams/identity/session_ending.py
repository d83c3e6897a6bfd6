"""End all sessions of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from streams.base.clock import now

if TYPE_CHECKING:
    from streams.tenancy.models import User


def end_sessions(user: User) -> int:
    """Delete all sessions of the user, and return their number. Reads all open sessions."""
    ended = 0
    for session in Session.objects.filter(expire_date__gt=now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()
            ended += 1
    return ended
