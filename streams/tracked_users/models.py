from __future__ import annotations

from django.db import models


class TrackedUsers(models.Model):
    """The sketch of the people in a feed's events of a month, by kind of ID.

    It contains keyed hashes of IDs, no IDs. Kept for store.KEPT_MONTHS.
    """

    pk = models.CompositePrimaryKey("feed", "month", "kind")
    # There is no constraint, so the table of feeds isn't locked.
    feed = models.ForeignKey(
        "streams.Feed",
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    month = models.DateField()  # its first day, in UTC
    kind = models.PositiveSmallIntegerField()  # kinds.IdKind
    sketch = models.BinaryField()  # at most 32 KiB

    class Meta:
        indexes = [
            # Those past their retention.
            models.Index(fields=["month"], name="tracked_users_month"),
        ]

    def __str__(self) -> str:
        return f"{self.feed_id} {self.month:%Y-%m} {self.kind}"


class TrackedUsersKey(models.Model):
    """The key of the hashes in all sketches: one row.

    If it changed, everyone would be counted again.
    """

    id = models.PositiveSmallIntegerField(primary_key=True)
    key = models.BinaryField(max_length=32)
    # When counting began; None: unknown.
    created_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.pk)
