from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models

from streams.base.clock import now


class Stream(models.Model):
    """One tool's event source for Segment; `slug` and `version` name it in each event."""

    partner = models.ForeignKey(
        "streams.Partner", on_delete=models.PROTECT, related_name="streams"
    )
    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=100)
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
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.name
