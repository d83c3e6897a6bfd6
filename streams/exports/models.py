from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.base.ids import public_id

KEPT_HOURS = 24  # a completed export, before it is deleted
KEPT = timedelta(hours=KEPT_HOURS)


class Export(models.Model):
    """A file with the rows of a filtered list, which a worker writes in parts.

    The row stores the progress, where a worker continues. It and its parts are deleted
    KEPT after it ended.
    """

    class Format(models.TextChoices):
        JSON_LINES = "jsonl", _("JSON Lines")
        JSON = "json", _("JSON")
        CSV = "csv", _("CSV")

    class Kind(models.TextChoices):
        EVENTS = "events", _("Events")
        ATTEMPTS = "attempts", _("Delivery attempts")
        PERSON = "person", _("Records of a person")

    class State(models.TextChoices):
        RUNNING = "running", _("In progress")
        COMPLETE = "complete", _("Ready")
        CUT = "cut", _("Ready, but incomplete")
        FAILED = "failed", _("Failed")

    public_id = models.CharField(max_length=12, unique=True, default=public_id)
    feed = models.ForeignKey(
        "streams.Feed", on_delete=models.CASCADE, related_name="exports"
    )
    kind = models.CharField(
        max_length=8, choices=Kind, default=Kind.EVENTS, db_default="events"
    )
    format = models.CharField(max_length=5, choices=Format)
    # The filter of the list (exports/sources.py). May contain personal data, like events.
    filter = models.JSONField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )  # None: by API or by an operator's command
    requested_at = models.DateTimeField(default=now)
    # What to search, from below `top` down to `bottom`: event numbers, or IDs of attempts. A
    # worker has searched from `position` on.
    top = models.BigIntegerField()
    bottom = models.BigIntegerField()
    position = models.BigIntegerField()
    rows = models.BigIntegerField(default=0)
    parts = models.IntegerField(default=0)
    size_bytes = models.BigIntegerField(default=0)  # of the file
    stored_bytes = models.BigIntegerField(default=0)  # of the compressed parts
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    # The worker that writes a part now. Empty: none.
    claim = models.CharField(max_length=12, blank=True, default="", db_default="")
    # When a worker claimed it or stored a part, by the database's clock.
    worked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feed"],
                condition=models.Q(state="running"),
                name="one_running_export",
            ),
        ]
        indexes = [
            # Running exports: few rows, queried every second.
            models.Index(
                fields=["worked_at"],
                condition=models.Q(state="running"),
                name="export_to_do",
            ),
            models.Index(fields=["ended_at"], name="export_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of feed {self.feed_id}: {self.state}"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def has_file(self) -> bool:
        """Whether it can be downloaded."""
        return self.state in (self.State.COMPLETE, self.State.CUT)

    @property
    def searched(self) -> float:
        """The share of the range that has been searched, from 0 to 1."""
        size = self.top - self.bottom
        return 1.0 if size <= 0 else min(1.0, (self.top - self.position) / size)

    @property
    def file_name(self) -> str:
        return f"{self.kind}-{self.requested_at:%Y-%m-%d-%H%M}.{self.format}"


class ExportPart(models.Model):
    """A gzip-compressed part of the file. The parts in their order are the file."""

    pk = models.CompositePrimaryKey("export", "number")
    export = models.ForeignKey(
        Export, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    number = models.IntegerField()
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.export_id}/{self.number}"
