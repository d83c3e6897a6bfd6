from __future__ import annotations

from django.db import models


class RateCount(models.Model):
    """The number of uses in a window, for a rate limit without Redis."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.IntegerField()
    # Unix time; indexed for `forget_counts`.
    ends_at_s = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:8]}… {self.count}"
