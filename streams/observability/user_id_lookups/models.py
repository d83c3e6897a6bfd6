from __future__ import annotations

from django.db import models


class LookupDay(models.Model):
    """How many of a feed's events had their userIds looked up on a day, by result.

    A result is the IdentifierKind that led to the userId, or UNRESOLVED. Kept for
    store.KEPT_DAYS.
    """

    UNRESOLVED = 0

    pk = models.CompositePrimaryKey("day", "feed", "result")
    day = models.DateField()  # in UTC
    feed = models.ForeignKey(
        "streams.Feed",
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    result = models.PositiveSmallIntegerField()
    count = models.BigIntegerField()

    class Meta:
        indexes = [
            # The counts of a feed.
            models.Index(fields=["feed", "day"], name="lookups_of_feed"),
        ]

    def __str__(self) -> str:
        return f"{self.feed_id} {self.day} {self.result}: {self.count}"
