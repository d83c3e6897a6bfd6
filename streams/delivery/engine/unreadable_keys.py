"""Write keys that this process can't decrypt: an operator's mistake, not the customer's.

The connection stays active and its events stay queued. Delivery is retried, and resumes
automatically when a process has the key.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import transaction

from streams.base.keyring import CannotDecrypt
from streams.connections.models import Connection
from streams.connections.write_keys import UNREADABLE, open_write_key
from streams.delivery.models import Cursor
from streams.delivery.segment.backoff import Backoff

if TYPE_CHECKING:
    from datetime import datetime

    from streams.connections.write_keys import WriteKey

log = structlog.get_logger()

# A retry costs no request to Segment, so the delay can stay short.
BACKOFF = Backoff(ceiling=timedelta(seconds=30))


def readable_key(cursor: Cursor, *, now: datetime) -> WriteKey | None:
    """Return the write key of the cursor's connection; None: unreadable, retried later."""
    connection = cursor.connection
    try:
        key = open_write_key(connection)
    except CannotDecrypt:
        log.exception(
            "delivery.key_unreadable",
            connection=connection.public_id,
        )
        _retry_later(cursor, now)
        return None
    if connection.status_reason == UNREADABLE:
        unreadable = Connection.objects.unchanged(connection)
        unreadable.filter(status_reason=UNREADABLE).update(status_reason="")
    return key


@transaction.atomic
def _retry_later(cursor: Cursor, now: datetime) -> None:
    failures = cursor.failures + 1
    chance = random.random()  # noqa: S311 - spreads retries, guards nothing
    same = Cursor.objects.filter(
        pk=cursor.pk, position=cursor.position, due_at=cursor.due_at
    )
    if not same.update(
        failures=failures,
        failing_since=cursor.failing_since or now,
        due_at=now + BACKOFF.wait_after(failures, chance=chance),
    ):
        return  # another process moved it, or a user selected "Retry now"
    unchanged = Connection.objects.unchanged(cursor.connection)
    active = unchanged.filter(status=Connection.Status.ACTIVE)
    active.exclude(status_reason=UNREADABLE).update(status_reason=UNREADABLE)
