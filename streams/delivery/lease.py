"""The lease of a stream: a row in the database that lets one process at a time deliver.

Times are the database's, so the clocks of the workers don't matter.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from streams.delivery.models import Lease

if TYPE_CHECKING:
    from collections.abc import Iterable

# An owner that didn't release its lease may have sent until the lease expired, or longer if
# this database is a standby that lagged when it was promoted. So the next owner waits for
# the window of the rate limit and for the time on the network.
AFTER_UNRELEASED_S = 1.5
RENEW_AGAIN_S = 0.25  # while another session has locked the lease's row


class LeaseLost(Exception):
    """Another process may own the stream by now, so nothing more may be sent."""


class OwnedStream:
    """A lease that this process holds, and how long it is valid."""

    def __init__(
        self,
        stream_id: int,
        owner: UUID,
        requested_at: float,
        *,
        may_send_at: float = 0.0,
    ) -> None:
        self.stream_id = stream_id
        self.owner = owner
        self.may_send_at = may_send_at  # monotonic
        self._renew_again_at = 0.0
        # The database connection on which the lease was confirmed.
        self._confirmed_on: object = None
        self._confirm(requested_at)

    @property
    def now(self) -> datetime:
        """The database's time, without a query."""
        return self._database_time + timedelta(seconds=time.monotonic() - self._read_at)

    @property
    def remaining_s(self) -> float:
        """Seconds for which the lease is certainly valid; below 0, it may have expired."""
        return self._valid_until - time.monotonic()

    def keep(self) -> None:
        """Renew after a third of the term, and on each new database connection.

        After a failover, the database may not have the lease. Raises LeaseLost.
        """
        requested_at = time.monotonic()
        fresh = connection.connection is self._confirmed_on
        if fresh and self.remaining_s > settings.LEASE_S * 2 / 3:
            return
        if fresh and requested_at < self._renew_again_at and self.remaining_s > 0:
            return
        if self._renew():
            self._confirm(requested_at)
        elif self.remaining_s <= 0 or not self._mine().exists():
            raise LeaseLost(f"The lease of stream {self.stream_id} ran out.")
        else:
            self._confirmed_on = connection.connection
            self._renew_again_at = time.monotonic() + RENEW_AGAIN_S

    def _mine(self) -> QuerySet[Lease]:
        return Lease.objects.filter(
            stream=self.stream_id, owner=self.owner, until__gt=Now()
        )

    @transaction.atomic
    def _renew(self) -> bool:
        """Renew the lease. False: it is lost, or its row is locked; this doesn't wait."""
        mine = self._mine().select_for_update(skip_locked=True)
        if not mine.values_list("pk").first():
            return False
        return bool(self._mine().update(until=Now() + _term()))

    def _confirm(self, requested_at: float) -> None:
        """Compute the end of the term from `requested_at`, a time of the monotonic clock."""
        self._valid_until: float = requested_at + settings.LEASE_S
        self._read_at = time.monotonic()
        self._confirmed_on = connection.connection
        leases = Lease.objects.filter(stream=self.stream_id)
        self._database_time: datetime = leases.values_list(Now(), flat=True).get()

    def release(self) -> None:
        """Release the stream immediately."""
        mine = Lease.objects.filter(stream=self.stream_id, owner=self.owner)
        mine.update(owner=None, until=None)


def take(stream_id: int) -> OwnedStream | None:
    """Take the lease of a stream; None: another process holds it."""
    owner, requested_at = uuid4(), time.monotonic()
    Lease.objects.get_or_create(stream_id=stream_id)
    free = Lease.objects.filter(Q(until=None) | Q(until__lte=Now()), stream=stream_id)
    with transaction.atomic():
        # A locked row is being taken by another process, or blocked. Don't wait for it.
        before = free.select_for_update(skip_locked=True).first()
        if before is None:
            return None
        free.update(owner=owner, until=Now() + _term())
    wait_s = 0.0 if before.owner is None else AFTER_UNRELEASED_S
    return OwnedStream(
        stream_id, owner, requested_at, may_send_at=time.monotonic() + wait_s
    )


def unowned(stream_ids: Iterable[int]) -> set[int]:
    """Return those of the streams that no process owns."""
    wanted = set(stream_ids)
    if not wanted:
        return wanted
    owned = Lease.objects.filter(stream__in=wanted, until__gt=Now())
    return wanted - set(owned.values_list("stream_id", flat=True))


def _term() -> timedelta:
    return timedelta(seconds=settings.LEASE_S)
