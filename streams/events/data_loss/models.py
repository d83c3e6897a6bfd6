from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Generation(models.Model):
    """A period during which the database never went back in time.

    The current generation has no end. Its `ticks` only grow, and are also kept outside the
    database (watermark.py). After a restore, or a failover that lost commits, the number in
    the database is lower than the one outside.
    """

    id = models.BigIntegerField(
        _("ID"), primary_key=True
    )  # 1, 2, 3 …: two cannot start at once
    number = models.UUIDField(_("number"), default=uuid4, unique=True)
    ticks = models.BigIntegerField(_("ticks"), default=0)
    ticked_at = models.DateTimeField(_("last tick"), db_default=Now())
    started_at = models.DateTimeField(_("started"), db_default=Now())
    # Set when a step back in time is detected: the period whose data may be missing.
    went_back_at = models.DateTimeField(_("rollback detected"), null=True)
    missing_from = models.DateTimeField(_("missing from"), null=True)
    missing_until = models.DateTimeField(_("missing until"), null=True)
    ended_at = models.DateTimeField(
        _("acknowledged"), null=True
    )  # an operator acknowledged it

    class Meta:
        verbose_name = _("database generation")
        verbose_name_plural = _("database generations")

    def __str__(self) -> str:
        return str(self.number)
