"""Conditions of API tokens: one expires soon."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from streams.alerts.conditions.rule import Condition, Held, Recovery, Rule
from streams.tenancy.models import PartnerToken

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

WEEK, DAY = timedelta(days=7), timedelta(days=1)


def _expiring(now: datetime) -> Iterable[Held]:
    """Yield the tokens that expire within a week, and again as others within a day."""
    soon = PartnerToken.objects.filter(
        revoked_at=None,
        is_internal=False,
        expires_at__gt=now,
        expires_at__lte=now + WEEK,
    )
    rows = soon.order_by("expires_at", "pk").values_list(
        "pk", "name", "hint", "stream", "partner", "expires_at"
    )
    for pk, name, hint, stream, partner, expires_at in rows:
        if expires_at is None:
            continue
        left = DAY if expires_at <= now + DAY else WEEK
        yield Held(
            subject=f"token:{pk}:{left.days}",
            began=expires_at - left,
            reason=f"{name} ({hint}…) expires on {expires_at:%Y-%m-%d} at {expires_at:%H:%M} UTC.",
            stream=stream,
            partner=partner,
        )


RULES = (
    Rule(
        condition=Condition.TOKEN_EXPIRING,
        holding=_expiring,
        every_minutes=15,
        closes_after=timedelta(0),
        recovery=Recovery.NONE,
        partner_from=1,
        partner_waits=timedelta(minutes=2),
    ),
)
