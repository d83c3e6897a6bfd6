from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.base.ids import public_id


class Erasure(models.Model):
    """The erasure of a person in one feed. The row stores the progress, and is the report.

    It identifies the person by keyed digests only, so that it can run again after a backup
    was restored. Rows are never deleted: they account for the erased events.
    """

    class Origin(models.TextChoices):
        PAGE = "page", _("Portal")
        API = "api", _("API")
        COMMAND = "command", _("Operator")
        INBOUND = "inbound", _("Deletion in Segment")

    public_id = models.CharField(max_length=12, unique=True, default=public_id)
    feed = models.ForeignKey(
        "streams.Feed",
        on_delete=models.PROTECT,
        related_name="erasures",
        db_constraint=False,  # adding one would block ingest
        db_index=False,  # the index below starts with it
        verbose_name=_("feed"),
    )
    # The digest of the userId or identifier that was asked for, by the newest key.
    digest = models.BinaryField(max_length=16)
    # Digests as hexadecimal text, by every key of the ring (person.py).
    person = models.JSONField()
    origin = models.CharField(_("requested by"), max_length=7, choices=Origin)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    requested_at = models.DateTimeField(_("requested"), default=now)
    # The range to search: event numbers, then IDs in quarantine. Later ones aren't affected.
    first_seq = models.BigIntegerField()  # the number before the first
    last_seq = models.BigIntegerField()
    position = models.BigIntegerField()
    last_id = models.BigIntegerField()
    quarantine_position = models.BigIntegerField(default=0)
    # Erased so far.
    events = models.BigIntegerField(_("events"), default=0)
    quarantined = models.BigIntegerField(_("events in quarantine"), default=0)
    links = models.BigIntegerField(_("identity links"), default=0)
    exports = models.BigIntegerField(_("exports"), default=0)
    filters = models.BigIntegerField(_("filters"), default=0)
    worked_at = models.DateTimeField(null=True)  # the database's time
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        indexes = [
            models.Index(fields=["feed", "digest"], name="erasure_of_person"),
            # Open ones: few rows, queried every second.
            models.Index(
                fields=["worked_at"], condition=Q(ended_at=None), name="erasure_to_do"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def done_percent(self) -> int:
        """How much of the log was searched."""
        size = self.last_seq - self.first_seq
        return 100 * (self.position - self.first_seq) // size if size else 100
