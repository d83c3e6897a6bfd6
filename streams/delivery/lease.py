"""Who may spend a stream's budget: one owner at a time, by a row in the database.

Times are the database's own, so that workers need not agree on a clock, and whose clock
jumps harms nobody.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from streams.delivery.models import Cursor, Lease

if TYPE_CHECKING:
    from collections.abc import Iterable


class LeaseLost(Exception):
    """Somebody else may own the stream by now: send nothing more."""


class OwnedStream:
    """A lease that this process holds, and how long it may rely on it."""

    def __init__(self, stream_id: int, owner: UUID, asked_at: float) -> None:
        self.stream_id = stream_id
        self.owner = owner
        self._rely(asked_at)

    @property
    def now(self) -> datetime:
        """The database's time, without asking it."""
        return self._told + timedelta(seconds=time.monotonic() - self._told_at)

    @property
    def remaining_s(self) -> float:
        """Seconds for which the lease surely holds; below 0 it may not."""
        return self._valid_until - time.monotonic()

    def keep(self) -> None:
        """Renew once a third of the term has gone. Raises LeaseLost."""
        if self.remaining_s > settings.LEASE_S * 2 / 3:
            return
        asked_at = time.monotonic()
        mine = Lease.objects.filter(
            stream=self.stream_id, owner=self.owner, until__gt=Now()
        )
        if not mine.update(until=Now() + _term()):
            raise LeaseLost(f"The lease of stream {self.stream_id} ran out.")
        self._rely(asked_at)

    def _rely(self, asked_at: float) -> None:
        """The term was set after `asked_at`, by the monotonic clock."""
        self._valid_until: float = asked_at + settings.LEASE_S
        self._told_at = time.monotonic()
        leases = Lease.objects.filter(stream=self.stream_id)
        self._told: datetime = leases.values_list(Now(), flat=True).get()

    def release(self) -> None:
        """Let somebody else have the stream at once."""
        mine = Lease.objects.filter(stream=self.stream_id, owner=self.owner)
        mine.update(owner=None, until=None)


def take(stream_id: int) -> OwnedStream | None:
    """Own the stream, or None: somebody else does."""
    owner, asked_at = uuid4(), time.monotonic()
    Lease.objects.get_or_create(stream_id=stream_id)
    # Asked and taken in one UPDATE: of two workers that see the lease free,
    # one changes the row and the other changes none.
    free = Lease.objects.filter(Q(until=None) | Q(until__lte=Now()), stream=stream_id)
    if not free.update(owner=owner, until=Now() + _term()):
        return None
    return OwnedStream(stream_id, owner, asked_at)


def unowned(stream_ids: Iterable[int]) -> set[int]:
    """Those of the streams that nobody owns."""
    asked = set(stream_ids)
    if not asked:
        return asked
    owned = Lease.objects.filter(stream__in=asked, until__gt=Now())
    return asked - set(owned.values_list("stream_id", flat=True))


def unowned_due(now: datetime | Now) -> QuerySet[Cursor]:
    """Cursors with something to send that nobody sends."""
    owned = Lease.objects.filter(stream=OuterRef("stream"), until__gt=Now())
    return Cursor.objects.to_send(now).filter(~Exists(owned))


def unowned_due_streams(now: datetime | Now) -> list[int]:
    """Their streams."""
    due = unowned_due(now)
    return list(due.values_list("stream_id", flat=True).order_by().distinct())


def _term() -> timedelta:
    return timedelta(seconds=settings.LEASE_S)
