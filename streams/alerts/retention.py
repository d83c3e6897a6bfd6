from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from streams.alerts.models import Alert, Notice
from streams.alerts.webhooks.models import WebhookMessage

if TYPE_CHECKING:
    from datetime import datetime

KEPT_DAYS = 90
KEPT = timedelta(days=KEPT_DAYS)
AT_ONCE = 500  # alerts in one transaction


def forget(at: datetime) -> int:
    """Delete alerts that closed more than KEPT before `at`, with their notices."""
    old = Alert.objects.filter(closed_at__lt=at - KEPT).order_by("pk")
    deleted = 0
    # Tests belong to no alert.
    WebhookMessage.objects.filter(alert=None, created_at__lt=at - KEPT).delete()
    Notice.objects.filter(alert=None, expires_at__lt=at - KEPT).delete()
    while ids := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        Alert.objects.filter(pk__in=ids).delete()
        deleted += len(ids)
    return deleted
