from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from streams.audit.models import AuditEntry
from streams.connections.action_log import REPLACED
from streams.delivery.event_status import CLOCK_MARGIN, live_cursors
from streams.delivery.limits.send_policy import SendBlock, SendPolicy
from streams.delivery.models import Cursor, Delivery
from streams.delivery.segment.batch import MAX_EVENTS

if TYPE_CHECKING:
    from datetime import datetime

    from streams.catalog.retention_period import RetentionPeriod
    from streams.connections.models import Connection
    from streams.events.models import Feed
    from streams.tenancy.models import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryNow:
    """The delivery of a feed at one time: what all its queued events have in common."""

    connection: Connection | None  # the current one
    cursors: tuple[Cursor, ...]  # live ones, of all connections, newest first
    block: SendBlock | None
    failed: Delivery | None  # the last failed attempt of the batch that is retried
    # When the key or the region was last replaced, if Segment doesn't recognize the present key.
    replaced_at: datetime | None
    key_hints: dict[int, str]  # the last four characters of the keys, by connection ID
    retention: RetentionPeriod
    now: datetime

    @classmethod
    def load(cls, feed: Feed, *, workspace: Workspace, now: datetime) -> Self:
        """Read it with at most five queries; `workspace` is the feed's."""
        cursors = tuple(live_cursors(feed))
        connections = {c.pk: c for c in feed.connections.all()}
        current = next((c for c in connections.values() if c.deleted_at is None), None)
        block = None
        if current is not None:
            policy = SendPolicy.load()
            block = policy.block(current, stream=feed.stream, workspace=workspace)
        is_failing = current is not None and bool(cursors) and bool(cursors[0].failures)
        return cls(
            connection=current,
            cursors=cursors,
            block=block,
            failed=_last_failure(cursors[0]) if is_failing else None,
            replaced_at=_replaced_at(current, workspace) if current else None,
            key_hints={pk: c.key_last4 for pk, c in connections.items()},
            retention=feed.stream.retention,
            now=now,
        )

    @property
    def cursor(self) -> Cursor:
        """The live cursor of the newest connection. There must be one."""
        return self.cursors[0]


def _replaced_at(connection: Connection, workspace: Workspace) -> datetime | None:
    if not connection.is_key_unknown:
        return None
    entries = AuditEntry.objects.filter(
        workspace=workspace,
        action=REPLACED,
        detail__connection=connection.public_id,
    )
    return entries.order_by("-at").values_list("at", flat=True).first()


def _last_failure(cursor: Cursor) -> Delivery | None:
    # The batch that is retried starts after the position, which bounds the search by the
    # index on (connection, last_seq).
    first = cursor.position + 1
    attempts = Delivery.objects.filter(
        connection=cursor.connection_id,
        cursor=cursor,
        outcome=Delivery.Outcome.RETRY,
        last_seq__range=(first, first + MAX_EVENTS - 1),
    )
    if cursor.failing_since is not None:  # so that PostgreSQL skips older partitions
        since = cursor.failing_since - CLOCK_MARGIN
        attempts = attempts.filter(started_at__gte=since)
    return attempts.order_by("-pk").first()
