"""The states of connections in the database, for lists and their filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import (
    Case,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)

from streams.catalog.stage import DELIVERING, Stage
from streams.connections.models import Connection
from streams.connections.regions import SANDBOXES
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor
from streams.observability.feed_state.states import FeedState

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

_LIVE = Cursor.objects.filter(connection=OuterRef("pk"), kind=Cursor.Kind.LIVE)
_HALTS = Halt.objects.filter(
    Q(stream=None) | Q(stream=OuterRef("feed__stream")),
    Q(region="") | Q(region=OuterRef("region")),
)
_EXEMPT = Q(region__in=SANDBOXES) | Q(feed__workspace__is_test=True)
_NOT_SEEN_SINCE = Q(seen_at=None) | Q(known_at=None) | Q(seen_at__lte=F("known_at"))


def in_states(
    connections: QuerySet[Connection], states: Collection[FeedState]
) -> QuerySet[Connection]:
    """Return the connections that are not deleted and in one of these states.

    Each has a live cursor, so none is UNCONNECTED.
    Reads the live cursor of every connection that the filters of `connections` leave.
    """
    return (
        connections.filter(deleted_at=None)
        .alias(
            live_position=Subquery(_LIVE.values("position")[:1]),
            live_failures=Subquery(_LIVE.values("failures")[:1]),
        )
        .alias(feed_state=_state())
        .filter(feed_state__in=[int(state) for state in states])
    )


def _state() -> Case:
    """Return the number of the state, as `state_of` decides it."""
    may_send = Q(feed__stream__stage__in=DELIVERING) | _EXEMPT
    conditions = (
        (Q(status=Connection.Status.PAUSED), FeedState.PAUSED),
        (Q(status=Connection.Status.ATTENTION), FeedState.ATTENTION),
        (
            Q(feed__stream__stage=Stage.SUSPENDED) & ~_EXEMPT,
            FeedState.SUSPENDED,
        ),
        (~may_send, FeedState.AWAITING_APPROVAL),
        (Exists(_HALTS), FeedState.HALTED),
        (Q(live_failures__gt=0) & ~Q(status_reason=""), FeedState.OPERATOR),
        (Q(known=False) & _NOT_SEEN_SINCE, FeedState.UNKNOWN_KEY),
        (Q(live_failures__gt=0), FeedState.RETRYING),
        (Q(seen_at=None), FeedState.UNVERIFIED),
        (Q(feed__head_seq__gt=F("live_position")), FeedState.SENDING),
    )
    return Case(
        *(When(condition, then=Value(int(state))) for condition, state in conditions),
        default=Value(int(FeedState.WORKING)),
        output_field=IntegerField(),
    )
