"""Detects that the database went back in time: a restore, or a failover that lost commits.

Acknowledged events can then be missing, and their numbers are assigned again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from streams.events.data_loss import watermark
from streams.events.data_loss.models import Generation
from streams.events.data_loss.watermark import Watermark

if TYPE_CHECKING:
    from datetime import datetime

log = structlog.get_logger()


def tick() -> None:
    """Compare the database with the watermark outside it, then advance both.

    The sweep calls it every second. It reads the watermark first: a watermark is written
    only after its commit, so the database can only be ahead, unless it went back.
    """
    current = _current()
    known = watermark.highest(current.number)
    current.refresh_from_db()
    if current.went_back_at is not None:
        return
    if known and current.ticks < known.ticks:
        report(missing_until=known.at)
        return
    mine = Generation.objects.filter(pk=current.pk, ended_at=None, went_back_at=None)
    mine.update(ticks=F("ticks") + 1, ticked_at=Now())
    current.refresh_from_db()
    watermark.keep(current.number, Watermark(current.ticks, current.ticked_at))


def report(*, missing_until: datetime) -> None:
    """Record that the database went back, and may lack data from before `missing_until`."""
    current = _current()
    mine = Generation.objects.filter(pk=current.pk, ended_at=None, went_back_at=None)
    if mine.update(
        went_back_at=Now(), missing_from=F("ticked_at"), missing_until=missing_until
    ):
        log.critical(
            "history.went_back",
            missing_from=current.ticked_at.isoformat(),
            missing_until=missing_until.isoformat(),
        )


def setback() -> Generation | None:
    """Return the current generation if the database went back and this is not acknowledged."""
    return Generation.objects.filter(ended_at=None).exclude(went_back_at=None).first()


@transaction.atomic
def acknowledge() -> Generation | None:
    """Start a new generation after a recovery. Returns the ended one, or None."""
    generation = setback()
    if generation is None:
        return None
    Generation.objects.filter(pk=generation.pk).update(ended_at=Now())
    Generation.objects.create(pk=generation.pk + 1)
    return generation


def in_words(generation: Generation) -> str:
    """Describe a step back in time for operators."""
    return (
        "The database went back in time: events acknowledged from"
        f" {generation.missing_from:%Y-%m-%d %H:%M:%S} to {generation.missing_until:%Y-%m-%d %H:%M:%S}"
        " UTC may be missing. Run `manage.py history`."
    )


def _current() -> Generation:
    generation = Generation.objects.filter(ended_at=None).first()
    return generation or Generation.objects.get_or_create(pk=1)[0]
