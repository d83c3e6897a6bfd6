"""Marks of a cursor that moves without a delivery, for the chart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.base.clock import now
from streams.delivery.models import CursorMark
from streams.events.quarter_hours import quarter

if TYPE_CHECKING:
    from streams.delivery.models import Cursor


def mark_position(cursor: Cursor) -> None:
    """Record the position at the start of this quarter of an hour, before it moves."""
    mark = CursorMark(
        cursor_id=cursor.pk,
        at=quarter(now()),
        position=cursor.position,
        rejected=cursor.rejected,
        erased=cursor.erased,
    )
    CursorMark.objects.bulk_create([mark], ignore_conflicts=True)
