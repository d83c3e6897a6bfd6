from __future__ import annotations

from django.db import models


class RateCount(models.Model):
    """How often something was done within a window, where Redis does not count it."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.IntegerField()
    # Unix time. Index: `forget_counts` deletes by it.
    ends_at_s = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key[:8]}… {self.count}"
