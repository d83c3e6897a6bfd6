from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models.functions import Now


class Generation(models.Model):
    """A period during which the database never went back in time.

    The current generation has no end. Its `ticks` only grow, and are also kept outside the
    database (watermark.py). After a restore, or a failover that lost commits, the number in
    the database is lower than the one outside.
    """

    id = models.BigIntegerField(primary_key=True)  # 1, 2, 3 …: two cannot start at once
    number = models.UUIDField(default=uuid4, unique=True)
    ticks = models.BigIntegerField(default=0)
    ticked_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(db_default=Now())
    # Set when a step back in time is detected: the period whose data may be missing.
    went_back_at = models.DateTimeField(null=True)
    missing_from = models.DateTimeField(null=True)
    missing_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # an operator acknowledged it

    def __str__(self) -> str:
        return str(self.number)
