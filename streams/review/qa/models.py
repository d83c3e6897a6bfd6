from __future__ import annotations

from django.conf import settings
from django.db import models

from streams.base.clock import now


class QaRun(models.Model):
    """One press of “Run the test”: what came later is what the checklist looks at."""

    stream = models.ForeignKey(
        "streams.Stream", on_delete=models.PROTECT, related_name="qa_runs"
    )
    started_at = models.DateTimeField(default=now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # The last number of each test workspace's feed, by the feed's id.
    seqs = models.JSONField(default=dict)
    events = models.IntegerField(default=0)  # that the ingest stored
    # Of those that it did not store: "Email Opened: why (RULE)"; the first ones.
    refused = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.stream} {self.started_at:%Y-%m-%d %H:%M}"
