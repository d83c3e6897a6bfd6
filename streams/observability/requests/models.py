from __future__ import annotations

from django.db import models


class RefusedRequests(models.Model):
    """The refused requests with one key and one status in an hour, kept for a week.

    Only keys that the portal knows have rows, so that no one can create rows without limit.
    """

    pk = models.CompositePrimaryKey("at", "subject", "status")
    at = models.DateTimeField()  # the start of the hour
    # "token:12", or "feed:12" for its ingest key, or "replaced:12" for its last one. No foreign keys: feeds can be deleted.
    subject = models.CharField(max_length=30)
    status = models.PositiveSmallIntegerField()  # of refusals.STATUSES
    stream = models.ForeignKey(
        "streams.Stream", on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    count = models.BigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    # The latest run: refused requests at most refusals.QUIET apart. The previous version
    # writes none, so its counts are one run.
    run_at = models.DateTimeField(null=True)  # its first request in this hour
    run_count = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            # The list of a partner.
            models.Index(fields=["stream", "at"], name="refused_of_stream"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.status} {self.at:%Y-%m-%d %H:%M} {self.count}"
