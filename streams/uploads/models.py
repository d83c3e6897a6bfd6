from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from streams.base.clock import now
from streams.base.ids import public_id

KEPT_HOURS = 24  # an upload, unless a worker reads it
KEPT = timedelta(hours=KEPT_HOURS)
# `refused` counts rows, `people` all rows, and the others links.
COUNTS = ("people", "new", "known", "conflicts", "refused")


class Upload(models.Model):
    """A file with userIds and identifiers, which a worker reads twice.

    First, it only counts what the file would change. Once someone applies it, the links are
    added. The row stores where the worker continues. The file is deleted once it is applied,
    and everything else KEPT after the last step.
    """

    class Format(models.TextChoices):
        CSV = "csv", _("CSV")
        JSON_LINES = "jsonl", _("JSON Lines")

    class State(models.TextChoices):
        RECEIVING = "receiving", _("Uploading")
        CHECKING = "checking", _("Checking")
        CHECKED = "checked", _("Checked")
        APPLYING = "applying", _("Applying")
        APPLIED = "applied", _("Applied")
        FAILED = "failed", _("Failed")

    class Failure(models.TextChoices):
        """The reason why a file can't be read at all."""

        EMPTY = "empty", _("The file is empty.")
        NOT_UTF8 = "encoding", _("The file isn't UTF-8 text. Save it as CSV UTF-8.")
        ARRAY = (
            "array",
            _("The file is a JSON array. Write one object per line, without brackets."),
        )
        NO_USER_ID = "no_user_id", _("The first line has no column userId.")
        NO_IDENTIFIER = (
            "no_identifier",
            _("The first line has no column with an identifier, such as id or email."),
        )
        ERASED = (
            "erased",
            _("A person was erased meanwhile. Upload a file without them."),
        )
        ERROR = "error", _("The portal failed to read the file. Tell its operator.")

    public_id = models.CharField(max_length=12, unique=True, default=public_id)
    feed = models.ForeignKey(
        "streams.Feed", on_delete=models.CASCADE, related_name="uploads"
    )
    format = models.CharField(max_length=5, choices=Format, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.RECEIVING)
    failure = models.CharField(max_length=13, choices=Failure, blank=True)
    # Null: the command `load_identities`.
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    requested_at = models.DateTimeField(default=now)
    size_bytes = models.BigIntegerField()  # of the whole file
    received_bytes = models.BigIntegerField(default=0)
    parts = models.IntegerField(default=0)
    # The columns of a CSV file: for each the name of its kind and a type, or null.
    columns = models.JSONField(null=True)
    delimiter = models.CharField(max_length=1, blank=True)
    # Where the next row begins: in this part at this byte, after this line of the file.
    part = models.IntegerField(default=0)
    offset = models.BigIntegerField(default=0)
    line = models.BigIntegerField(default=0)
    read_bytes = models.BigIntegerField(default=0)
    is_read = models.BooleanField(default=False)  # the worker only has to tidy up
    # What the check found, and what was applied: numbers by COUNTS.
    checked = models.JSONField(default=dict)
    applied = models.JSONField(default=dict)
    reports = models.IntegerField(default=0)  # parts of the report
    reported = models.BigIntegerField(default=0)  # rows of the report
    # When a worker has stored a step, by the database's clock.
    worked_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)  # null while a worker reads it

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feed"],
                condition=~Q(state__in=["applied", "failed"]),
                name="one_open_upload",
            ),
        ]
        indexes = [
            # Uploads that workers read: few rows, queried every second.
            models.Index(
                fields=["worked_at"],
                condition=Q(state__in=["checking", "applying"]),
                name="upload_to_do",
            ),
            models.Index(fields=["expires_at"], name="upload_age"),
        ]

    def __str__(self) -> str:
        return f"Upload of feed {self.feed_id}: {self.state}"

    @property
    def is_running(self) -> bool:
        """Whether a worker reads the file."""
        return self.state in (self.State.CHECKING, self.State.APPLYING)

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of the last pass through the file, perhaps so far."""
        is_later = self.state in (self.State.APPLYING, self.State.APPLIED)
        found: dict[str, int] = self.applied if is_later else self.checked
        return {name: found.get(name, 0) for name in COUNTS}

    @property
    def share_read(self) -> float:
        """The share of the file that was read, from 0 to 1."""
        return self.read_bytes / self.size_bytes if self.size_bytes else 1.0


class UploadPart(models.Model):
    """A gzip-compressed part of the file. The parts in their order are the file."""

    pk = models.CompositePrimaryKey("upload", "number")
    upload = models.ForeignKey(
        Upload, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    number = models.IntegerField()
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.upload_id}/{self.number}"


class UploadReport(models.Model):
    """A gzip-compressed part of the list of refused rows and conflicts, as CSV."""

    pk = models.CompositePrimaryKey("upload", "number")
    upload = models.ForeignKey(
        Upload, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    number = models.IntegerField()
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.upload_id}/{self.number}"


class CheckedLink(models.Model):
    """A link that a file would add or move, while it is checked: later rows can disagree."""

    pk = models.CompositePrimaryKey("upload", "digest")
    upload = models.ForeignKey(
        Upload, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    digest = models.BinaryField(max_length=16)
    user_id = models.TextField()

    def __str__(self) -> str:
        return f"{self.upload_id}"
