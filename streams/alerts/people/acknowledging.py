"""Acknowledge an alert for an audience: someone takes care of it, and the reminders stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from streams.alerts.models import Alert, Notice
from streams.alerts.people.models import AudienceState, unacknowledged
from streams.audit.services import record
from streams.base.clock import now

if TYPE_CHECKING:
    from streams.tenancy.models import User


@transaction.atomic
def acknowledge(*, alert: Alert, audience: Notice.Audience, actor: User) -> bool:
    """Note that a person takes care of an open alert, which stops reminders to an audience.

    Returns False if the alert is over, or if someone of the audience acknowledged it before.
    """
    # If two people acknowledge it at once, the second waits for this lock of the first, and
    # then finds its row.
    is_open = Alert.objects.open().select_for_update(no_key=True).filter(pk=alert.pk)
    own = unacknowledged(Alert.objects.filter(pk=alert.pk), audience)
    if not is_open.exists() or not own.exists():
        return False
    AudienceState.objects.update_or_create(
        alert=alert,
        audience=audience,
        defaults={"acknowledged_at": now(), "acknowledged_by": actor},
    )
    record(
        "alert.acknowledged",
        actor=actor,
        workspace=alert.workspace,
        partner=alert.partner,
        stream=alert.stream.slug if alert.stream else "",
        alert=str(alert.get_condition_display()),
    )
    return True
