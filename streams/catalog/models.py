from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from streams.base.clock import now
from streams.base.text.validation import validate_one_line
from streams.catalog.person_identifiers import ConflictRule, Unresolved
from streams.catalog.retention_period import (
    DEFAULT_DAYS,
    MAX_DAYS,
    MIN_DAYS,
    NOTICE,
    RetentionPeriod,
)
from streams.catalog.stage import Stage
from streams.spec.spec_exceptions import SpecExceptions
from streams.spec.validation_modes import CHOICES, ValidationMode

if TYPE_CHECKING:
    from datetime import datetime

# URL segments of the docs and the portal that a stream's slug must not shadow.
RESERVED_SLUGS = {"docs", "guide", "guides", "new", "search"}


def not_reserved(slug: str) -> None:
    """Raise ValidationError for a slug that would hide a page of the portal's own docs."""
    if slug in RESERVED_SLUGS:
        reserved = _("“%(slug)s” is reserved. Choose a different slug.")
        raise ValidationError(reserved % {"slug": slug})


class Stream(models.Model):
    """One tool's event source for Segment; `slug` and `version` name it in each event."""

    partner = models.ForeignKey(
        "streams.Partner", on_delete=models.PROTECT, related_name="streams"
    )
    slug = models.SlugField(max_length=50, unique=True, validators=[not_reserved])
    name = models.CharField(max_length=100, validators=[validate_one_line])
    version = models.CharField(max_length=20, default="1.0.0")
    allow_anonymous = models.BooleanField(
        gettext_lazy("accept events with only an anonymousId"),
        default=False,
        help_text=gettext_lazy(
            "Events of people who have no userId yet. Segment asks partners to send a userId"
            " with every event."
        ),
    )
    create_workspaces = models.BooleanField(
        gettext_lazy("create workspaces automatically"),
        default=True,
        help_text=gettext_lazy(
            "The first event for an unknown customer creates a workspace. If this is off,"
            " such events are rejected."
        ),
    )
    requests_per_second = models.PositiveIntegerField(
        default=50,
        db_default=50,
        validators=[MinValueValidator(1)],
        help_text=gettext_lazy(
            "Segment allows 50 for each partner's tool. Set a higher limit only if Segment"
            " has agreed to it."
        ),
    )
    retention_days = models.PositiveSmallIntegerField(
        gettext_lazy("retention (days)"),
        default=DEFAULT_DAYS,
        db_default=DEFAULT_DAYS,
        validators=[MinValueValidator(MIN_DAYS), MaxValueValidator(MAX_DAYS)],
        help_text=format_lazy(
            gettext_lazy(
                "How long events are kept: {least} to {most} days. After that, events are"
                " deleted, even if they weren't delivered. A shorter retention takes effect"
                " after {notice} days."
            ),
            least=MIN_DAYS,
            most=MAX_DAYS,
            notice=NOTICE.days,
        ),
    )
    retention_shortened_at = models.DateTimeField(null=True, editable=False)
    stage = models.CharField(
        max_length=10, choices=Stage, default=Stage.DRAFT, db_default=Stage.DRAFT
    )
    check_mode = models.CharField(
        gettext_lazy("validation mode"),
        max_length=10,
        choices=[(mode, gettext_lazy(label)) for mode, label in CHOICES],
        default=ValidationMode.WARN,
        db_default=ValidationMode.WARN,
        help_text=gettext_lazy(
            "How events that violate the Segment Spec or the stream's plan are handled. A"
            " workspace can be stricter."
        ),
    )
    # Values of PersonIdentifier, separated by commas; empty: userIds are not looked up.
    identify_by = models.CharField(
        max_length=60, blank=True, default="", db_default="", editable=False
    )
    unresolved = models.CharField(
        max_length=10,
        choices=Unresolved,
        default=Unresolved.REJECT,
        db_default=Unresolved.REJECT,
        editable=False,
    )
    check_user_ids = models.BooleanField(
        default=False, db_default=False, editable=False
    )
    conflict_rule = models.CharField(
        max_length=6,
        choices=ConflictRule,
        default=ConflictRule.PERSON,
        db_default=ConflictRule.PERSON,
        editable=False,
    )
    # The key of the anonymousIds of unknown people. Never changes, because they would.
    anonymous_key = models.CharField(
        max_length=32, blank=True, default="", db_default="", editable=False
    )
    # IDs of spec.spec_exceptions.READINGS: the exceptions that are accepted in addition to
    # the safe reading where Segment's docs contradict themselves.
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
    def spec_exceptions(self) -> SpecExceptions:
        """The Spec exceptions of this stream."""
        return SpecExceptions.of(self.spec_readings)

    @property
    def retention(self) -> RetentionPeriod:
        """How long events are kept, and since when."""
        return RetentionPeriod(self.retention_days, self.retention_shortened_at)

    def keep_for(self, days: int, *, now: datetime) -> None:
        """Set the retention without saving. A shorter one takes effect after a notice."""
        if days < self.retention_days:
            self.retention_shortened_at = now
        self.retention_days = days
