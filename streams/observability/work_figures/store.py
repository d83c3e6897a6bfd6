"""Store the figures once a minute, so that no page has to measure them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db.models.functions import Now

from streams.observability.work_figures.measure import WorkFigures, measure
from streams.observability.work_figures.models import StoredFigures

if TYPE_CHECKING:
    from datetime import datetime

# A measurement each minute, with half a minute for a busy worker. Older figures mean that beat
# or the workers don't run.
MAX_AGE = timedelta(seconds=90)
ONLY_ROW = 1


def store_figures(now: datetime) -> None:
    """Measure the figures, and replace the stored ones."""
    figures = msgspec.to_builtins(measure(now), str_keys=True)
    StoredFigures.objects.update_or_create(
        pk=ONLY_ROW, defaults={"at": Now(), "figures": figures}
    )


def latest_figures() -> tuple[datetime, WorkFigures] | None:
    """Return the stored figures, however old, and when they were measured."""
    row = StoredFigures.objects.filter(pk=ONLY_ROW).first()
    try:
        return (row.at, msgspec.convert(row.figures, WorkFigures)) if row else None
    except msgspec.ValidationError:
        return None


def stored_figures() -> WorkFigures | None:
    """Return the stored figures; None if they are older than MAX_AGE, or of another version."""
    row = StoredFigures.objects.filter(pk=ONLY_ROW, at__gt=Now() - MAX_AGE).first()
    try:
        return msgspec.convert(row.figures, WorkFigures) if row else None
    except msgspec.ValidationError:
        return None
