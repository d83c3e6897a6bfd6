"""The open sessions of a person, and ending them.

Sessions don't have a column with their user, so a search of all sessions finds those to
delete. It misses one that begins meanwhile, which `User.signed_out_at` makes invalid.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction

from streams.audit.device import device_of
from streams.audit.services import record
from streams.base.clock import now
from streams.sign_in.security_notices import email_signed_out

if TYPE_CHECKING:
    from streams.tenancy.models import User

SEEN = "seen_at_s"  # in the session: see web/session_limits.py
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - stored if the address is unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """A session of a person. `pk` is the row's, never the secret key of the session."""

    pk: int
    device: str
    address: str  # empty: unknown
    since: datetime
    seen: datetime
    is_current: bool


def open_sessions(user: User, *, current_key: str | None) -> list[OpenSession]:
    """Return the user's open sessions, the current one first, and then the latest."""
    rows = UserSession.objects.filter(user=user).order_by("-created_at")
    by_key = {row.session_key: row for row in rows}
    stored = Session.objects.filter(session_key__in=by_key, expire_date__gt=now())
    found = []
    for session in stored:
        values = session.get_decoded()
        if values.get(SESSION_KEY) != str(user.pk):
            continue
        row = by_key[session.session_key]
        seen_s = values.get(SEEN)
        found.append(
            OpenSession(
                pk=row.pk,
                device=device_of(row.user_agent),
                address="" if row.ip == NO_ADDRESS else row.ip,
                since=row.created_at,
                seen=datetime.fromtimestamp(seen_s, UTC) if seen_s else row.created_at,
                is_current=row.session_key == current_key,
            )
        )
    return sorted(found, key=lambda one: (one.is_current, one.seen), reverse=True)


def end_session(user: User, pk: int) -> bool:
    """End one of the user's sessions. Returns whether it was open."""
    row = UserSession.objects.filter(user=user, pk=pk).first()
    if row is None:
        return False
    row.end()
    return True


def end_sessions(user: User) -> int:
    """Delete all sessions of the user, and return their number. Reads all open sessions."""
    return _delete(user, _keys_of(user))


def _keys_of(user: User) -> list[str]:
    """Return the keys of the user's sessions. They are secret."""
    return [
        session.session_key
        for session in Session.objects.filter(expire_date__gt=now()).iterator()
        if session.get_decoded().get(SESSION_KEY) == str(user.pk)
    ]


def _delete(user: User, keys: list[str]) -> int:
    user.signed_out_at = now()
    user.save(update_fields=["signed_out_at"])
    ended, _ = Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(user=user).delete()
    return int(ended)


def sign_out_everywhere(*, user: User, reason: str, actor: User) -> int:
    """End all sessions of the user for an operator, and email the user the reason.

    Returns the number of sessions. Browsers that the user trusts stay trusted.
    """
    # Before the transaction: a search of all sessions would block others on SQLite.
    keys = _keys_of(user)
    with transaction.atomic():
        ended = _delete(user, keys)
        record(
            "user.signed_out_by_operator",
            actor=actor,
            member=user.email,
            sessions=ended,
            reason=reason,
        )
        transaction.on_commit(lambda: email_signed_out(user, reason=reason))
    return ended


def forget_ended_sessions() -> int:
    """Delete the rows about sessions that no longer exist, and return their number."""
    keys = Session.objects.values("session_key")
    ended = UserSession.objects.exclude(session_key__in=keys)
    return int(ended.delete()[0])
