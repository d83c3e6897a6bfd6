"""Move a live cursor past events that were erased before they could be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Case, F, Value, When

from streams.delivery.models import Cursor
from streams.delivery.position_marks import mark_position

if TYPE_CHECKING:
    from datetime import datetime


class ErasedEvents(Exception):
    """The next events of a cursor, up to that number, were erased."""

    def __init__(self, up_to: int, last_at: datetime) -> None:
        super().__init__(f"The events up to {up_to} were erased.")
        self.up_to = up_to
        self.last_at = last_at  # when the last of them was received


@transaction.atomic
def pass_over(cursor: Cursor, passed: ErasedEvents) -> None:
    """Count the events as erased, unless something else moved the cursor since it was read.

    The cursor stays due, so its other events follow.
    """
    mark_position(cursor)
    unmoved = Cursor.objects.filter(pk=cursor.pk, position=cursor.position)
    unmoved.update(
        position=passed.up_to,
        position_at=passed.last_at,
        erased=F("erased") + passed.up_to - cursor.position,
        suspect_seq=Case(
            When(suspect_seq__lte=passed.up_to, then=Value(None)),
            default=F("suspect_seq"),
        ),
    )
