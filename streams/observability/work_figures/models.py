from __future__ import annotations

from django.db import models


class StoredFigures(models.Model):
    """The latest figures of the work queue: one row, which each measurement replaces."""

    at = models.DateTimeField()  # the database's time
    figures = models.JSONField()  # measure.WorkFigures

    def __str__(self) -> str:
        return f"Figures of {self.at:%Y-%m-%d %H:%M:%S}"
