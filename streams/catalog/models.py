from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from streams.base.clock import now
from streams.base.text import validate_one_line
from streams.catalog.retention import DEFAULT_DAYS, MAX_DAYS, MIN_DAYS, Retention
from streams.catalog.stage import Stage
from streams.spec.modes import CHOICES, Mode
from streams.spec.readings import Readings

if TYPE_CHECKING:
    from datetime import datetime

# Words in the addresses of the docs and the portal, where streams' own names stand
# beside them.
RESERVED_SLUGS = {"docs", "guide", "guides", "new", "search"}


def not_reserved(slug: str) -> None:
    """Raises ValidationError for a slug that would hide a page of the portal's own docs."""
    if slug in RESERVED_SLUGS:
        raise ValidationError(f"“{slug}” is a word that the portal itself uses.")


class Stream(models.Model):
    """One tool's event source for Segment; `slug` and `version` name it in each event."""

    partner = models.ForeignKey(
        "streams.Partner", on_delete=models.PROTECT, related_name="streams"
    )
    slug = models.SlugField(max_length=50, unique=True, validators=[not_reserved])
    name = models.CharField(max_length=100, validators=[validate_one_line])
    version = models.CharField(max_length=20, default="1.0.0")
    allow_anonymous = models.BooleanField(
        default=False,
        help_text="Take events that carry an anonymousId and no userId. Segment asks"
        " partners for a userId on every call.",
    )
    create_workspaces = models.BooleanField(
        default=True,
        help_text="An event for a workspace that is not known yet makes that workspace.",
    )
    requests_per_second = models.PositiveIntegerField(
        default=50,
        db_default=50,
        validators=[MinValueValidator(1)],
        help_text="Segment grants a partner's tool 50. More only where Segment has"
        " agreed to it.",
    )
    retention_days = models.PositiveSmallIntegerField(
        default=DEFAULT_DAYS,
        db_default=DEFAULT_DAYS,
        validators=[MinValueValidator(MIN_DAYS), MaxValueValidator(MAX_DAYS)],
        help_text=f"Days for which events are kept, sent or not: {MIN_DAYS} to {MAX_DAYS}."
        " A shorter time takes effect a week later.",
    )
    retention_shortened_at = models.DateTimeField(null=True, editable=False)
    stage = models.CharField(
        max_length=10, choices=Stage, default=Stage.DRAFT, db_default=Stage.DRAFT
    )
    check_mode = models.CharField(
        "checking",
        max_length=10,
        choices=CHOICES,
        default=Mode.WARN,
        db_default=Mode.WARN,
        help_text="What becomes of an event that breaks the Segment Spec or the stream's"
        " plan. A workspace may be stricter.",
    )
    # Ids of spec.readings.READINGS: where Segment's docs disagree, what is accepted
    # beside the safe reading.
    spec_readings = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField()), editable=False
    )
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(retention_days__range=(MIN_DAYS, MAX_DAYS)),
                name="retention_within_bounds",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def readings(self) -> Readings:
        """How it reads the Spec where Segment's docs disagree."""
        return Readings.of(self.spec_readings)

    @property
    def retention(self) -> Retention:
        """How long events are kept."""
        return Retention(self.retention_days, self.retention_shortened_at)

    def keep_for(self, days: int, *, now: datetime) -> None:
        """Change how long, unsaved. Shorter: those whose events wait have to hear of it first."""
        if days < self.retention_days:
            self.retention_shortened_at = now
        self.retention_days = days
