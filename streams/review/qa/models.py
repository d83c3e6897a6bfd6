from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from streams.base.clock import now

if TYPE_CHECKING:
    from streams.events.models import Feed


class QaRun(models.Model):
    """A QA test run. The checklist considers only what arrived after its start."""

    stream = models.ForeignKey(
        "streams.Stream", on_delete=models.PROTECT, related_name="qa_runs"
    )
    started_at = models.DateTimeField(default=now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # The last sequence number of each test workspace's feed, by the feed's ID.
    seqs = models.JSONField(default=dict)
    events = models.IntegerField(default=0)  # stored by the ingest
    # The first events that were not stored: "Email Opened: why (RULE)".
    refused = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.stream} {self.started_at:%Y-%m-%d %H:%M}"

    def message_ids(self, feed: Feed) -> str:
        """Return the start of the messageIds of the run's events for this feed."""
        return f"qa-{self.pk}-{feed.pk}-"
