"""Acknowledge an alert: someone takes care of it, and the reminders stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from streams.alerts.models import Alert
from streams.audit.services import record
from streams.base.clock import now

if TYPE_CHECKING:
    from streams.tenancy.models import User


@transaction.atomic
def acknowledge(*, alert: Alert, actor: User) -> bool:
    """Note that a person takes care of an open alert, which stops its reminders to everyone.

    Returns False if the alert is over, or if someone has acknowledged it before.
    """
    own = Alert.objects.open().filter(pk=alert.pk, acknowledged_at=None)
    if not own.update(acknowledged_at=now(), acknowledged_by=actor):
        return False
    record(
        "alert.acknowledged",
        actor=actor,
        workspace=alert.workspace,
        partner=alert.partner,
        stream=alert.stream.slug if alert.stream else "",
        alert=str(alert.get_condition_display()),
    )
    return True
