"""When the column `user_id` of an event is enough to find a user's events.

Reading only the column takes a third of the time: no payload has to leave the database.
"""

from __future__ import annotations

from django.db.models import BinaryField, Case, Q, Value, When
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan, LessThan

from streams.events.event_preparation import COLUMN_LENGTH


def payload_if_needed() -> Case:
    """Return the payload of an event; None: its column has its only userId, unchanged.

    The column is empty for an event without one, is truncated, and has a replacement
    character for NUL. An alias call has a second userId.
    """
    is_enough = (
        GreaterThan(Length("user_id"), 0)
        & LessThan(Length("user_id"), COLUMN_LENGTH)
        & ~Q(user_id__contains="\ufffd")
        & ~Q(type="alias")
    )
    return Case(
        When(is_enough, then=Value(None, output_field=BinaryField())),
        default="payload",
        output_field=BinaryField(),
    )
