"""When people get notices, and when digests end: every hour, or every day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class Cadence(models.TextChoices):
    """When someone gets notices."""

    NOW = "now", _("Immediately")
    HOURLY = "hourly", _("Hourly digest")
    DAILY = "daily", _("Daily digest")
    OFF = "off", _("Off")


DAILY_AT = 8  # o'clock, in UTC


def digest_end(cadence: str, due: datetime) -> datetime | None:
    """Return when the digest ends that has a notice due at a time; None: it has none."""
    due = due.astimezone(UTC)
    if cadence == Cadence.HOURLY:
        hour = due.replace(minute=0, second=0, microsecond=0)
        return hour + timedelta(hours=1)
    if cadence == Cadence.DAILY:
        end = due.replace(hour=DAILY_AT, minute=0, second=0, microsecond=0)
        return end if end > due else end + timedelta(days=1)
    return None
