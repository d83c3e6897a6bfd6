"""Search the attempts of one connection, newest first.

The only indexes are on (connection, -id) and (connection, last_seq), so a search walks back
by ID, over up to SCAN attempts per page, and reports how far it got. IDs follow the time of
the response, so a time is found by a binary search of IDs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from streams.delivery.models import Delivery

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from streams.connections.models import Connection
    from streams.delivery.attempts.filter import AttemptFilter

SCAN = 20_000  # attempts searched per page
# An attempt is stored after its response, and the clocks of two machines differ.
MARGIN = timedelta(minutes=5)
CLOSE = 1_000  # a time is found to this many IDs


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a search goes."""

    lowest: int  # ID
    at: datetime | None  # when that one started
    is_oldest: bool  # there are no older ones


def reach(connection: Connection, below: int | None, *, rows: int) -> Reach:
    """Return how far a search of that many attempts with an ID below `below` goes."""
    ids = _of(connection, below).order_by("-pk").values_list("pk", "started_at")
    last = ids[rows : rows + 1].first()
    if last is None:
        return Reach(0, None, is_oldest=True)
    return Reach(*last, is_oldest=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptPage:
    """Delivery attempts, newest first.

    If there are fewer than requested and a `next_before`, the search reached its bound and
    continues from there; it got back to `searched_to`.
    """

    deliveries: list[Delivery]
    next_before: int | None  # `before` of the next page; None: this is the last page
    searched_to: datetime | None = None


def page(
    connection: Connection,
    *,
    before: int | None = None,
    wanted: AttemptFilter,
    limit: int = 50,
) -> AttemptPage:
    """Return the matching attempts with an ID below `before`; None: from the newest."""
    below = _narrowest(before, _first_after(connection, wanted.until))
    bound = reach(connection, below, rows=SCAN)
    found = list(
        _of(connection, below)
        .filter(wanted.conditions, pk__gte=bound.lowest)
        .select_related("cursor__replay")
        .order_by("-pk")[: limit + 1]
    )
    if len(found) > limit:
        return AttemptPage(deliveries=found[:limit], next_before=found[limit - 1].pk)
    is_end = bound.is_oldest or (
        wanted.since is not None
        and bound.at is not None
        and bound.at < wanted.since - MARGIN
    )
    return AttemptPage(
        deliveries=found,
        next_before=None if is_end else bound.lowest,
        searched_to=None if is_end else bound.at,
    )


def neighbors(
    attempt: Delivery, wanted: AttemptFilter
) -> tuple[Delivery | None, Delivery | None]:
    """Return the next newer and the next older matching attempt of its connection.

    Each is searched among SCAN attempts.
    """
    connection, matching = attempt.connection, wanted.conditions
    same = Delivery.objects.filter(connection=connection)
    ids = same.filter(pk__gt=attempt.pk).order_by("pk").values_list("pk", flat=True)
    newer = same.filter(matching, pk__gt=attempt.pk)
    if (highest := ids[SCAN : SCAN + 1].first()) is not None:
        newer = newer.filter(pk__lte=highest)
    lowest = reach(connection, attempt.pk, rows=SCAN).lowest
    older = same.filter(matching, pk__lt=attempt.pk, pk__gte=lowest)
    return newer.order_by("pk").first(), older.order_by("-pk").first()


def _of(connection: Connection, below: int | None) -> QuerySet[Delivery]:
    same = Delivery.objects.filter(connection=connection)
    return same if below is None else same.filter(pk__lt=below)


def _narrowest(*bounds: int | None) -> int | None:
    return min((bound for bound in bounds if bound is not None), default=None)


def _first_after(connection: Connection, moment: datetime | None) -> int | None:
    """Return an ID above all attempts that started before `moment`; None: there is none."""
    if moment is None:
        return None
    after = moment + MARGIN
    rows = _of(connection, None).values_list("pk", "started_at")
    newest, oldest = rows.order_by("-pk").first(), rows.order_by("pk").first()
    if newest is None or oldest is None or newest[1] < after:
        return None
    low, high = oldest[0], newest[0]  # the one sought is above low, and at most high
    while high - low > CLOSE:
        middle = (low + high) // 2
        found = rows.filter(pk__lte=middle).order_by("-pk").first() or oldest
        if found[1] < after:
            low = middle
        else:
            high = found[0]
    return high + 1
