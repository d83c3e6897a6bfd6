"""An operator views the portal as one of its users, to see what the user sees.

The operator's session remembers it, for `LASTS`. The start, the end, and each partner and
workspace that the operator sees are in the activity log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.utils.translation import gettext as _

from streams.audit.services import record
from streams.base.clock import now
from streams.tenancy.models import Partner, User, Workspace

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase
    from django.http import HttpRequest

LASTS = timedelta(minutes=30)
_KEY: Final = "impersonation"  # in the session


class ImpersonationRefused(Exception):
    """The operator may not view the portal as this user. The message says why."""


@dataclass(frozen=True, slots=True)
class Impersonation:
    """An operator who views the portal as a user."""

    operator: User
    user: User
    until: datetime


def refusal(operator: User, user: User) -> str:
    """Say why the operator may not view the portal as this user; empty if they may."""
    if not (operator.is_active and operator.is_superuser):
        return _("Only superusers can view the portal as another user.")
    if user.is_staff or user.is_superuser:
        return _("You can't view the portal as another operator.")
    if not user.is_active:
        return _("This account is inactive.")
    return ""


@transaction.atomic
def start(request: HttpRequest, user: User, *, reason: str) -> None:
    """Begin in this session. Raises ImpersonationRefused."""
    operator = _operator(request)
    if text := refusal(operator, user):
        raise ImpersonationRefused(text)
    end(request)
    until = now() + LASTS
    request.session[_KEY] = {
        "user": user.pk,
        "until_s": int(until.timestamp()),
        "seen": [],
    }
    record("impersonation.started", actor=operator, member=user.email, reason=reason)


def end(request: HttpRequest) -> User | None:
    """End it in this session. Returns the user whose view it was, or None."""
    stored = request.session.pop(_KEY, None)
    if stored is None:
        return None
    user = User.objects.get(pk=stored["user"])
    record("impersonation.ended", actor=_operator(request), member=user.email)
    return user


def current(request: HttpRequest) -> Impersonation | None:
    """Return the impersonation of this session. Ends it after its time, or if it is refused."""
    stored = request.session.get(_KEY)
    if stored is None:
        return None
    operator, user = _operator(request), User.objects.get(pk=stored["user"])
    until = datetime.fromtimestamp(stored["until_s"], UTC)
    if until <= now() or refusal(operator, user):
        end(request)
        return None
    return Impersonation(operator, user, until)


def is_stored(session: SessionBase) -> bool:
    """Whether this session remembers an impersonation, even one that is over."""
    return _KEY in session


def note(session: SessionBase, of: Impersonation, tenant: Partner | Workspace) -> None:
    """Record that the operator sees this partner or workspace, once per impersonation."""
    stored, mark = session.get(_KEY), f"{tenant._meta.model_name} {tenant.pk}"
    if stored is None or mark in stored["seen"]:
        return
    session[_KEY] = {**stored, "seen": [*stored["seen"], mark]}
    record(
        "impersonation.viewed",
        actor=of.operator,
        partner=tenant if isinstance(tenant, Partner) else None,
        workspace=tenant if isinstance(tenant, Workspace) else None,
        member=of.user.email,
    )


def _operator(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - only signed-in users get here
    return user
