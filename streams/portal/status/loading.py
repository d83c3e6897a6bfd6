"""Reads the facts behind a status from the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streams.base.clock import now
from streams.delivery.connection.queue_facts import (
    last_failed_attempt,
    oldest_queued_at,
    oldest_retained_at,
)
from streams.delivery.limits.send_policy import SendPolicy
from streams.delivery.models import Cursor
from streams.observability import ledger
from streams.observability.feed_state.snapshot import Audience, FailedAttempt, Snapshot
from streams.portal.status.decision import ConnectionStatus, decide

if TYPE_CHECKING:
    from datetime import datetime

    from streams.connections.models import Connection
    from streams.delivery.limits.send_policy import SendBlock
    from streams.observability.ledger import Ledger
    from streams.portal.shared.access import WorkspaceAccess


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStatus:
    """The status of the feed of a page, with the rows that it was decided from."""

    connection: Connection | None
    cursor: Cursor | None  # the live one
    ledger: Ledger
    status: ConnectionStatus
    now: datetime

    def is_queued(self, seq: int) -> bool:
        """Whether the status counts that event as queued."""
        return self.cursor is not None and self.cursor.position < seq


def feed_status(access: WorkspaceAccess) -> FeedStatus:
    """Return the status of the feed that the page shows, for the person who sees it."""
    feed, connection, moment = access.the_feed, access.connection(), now()
    cursor, block = None, None
    if connection:
        live = connection.cursors.filter(kind=Cursor.Kind.LIVE)
        cursor = live.select_related("feed", "stream").first()
        block = SendPolicy.load().block(
            connection, stream=feed.stream, workspace=access.workspace
        )
    counts = ledger.of(feed)
    snapshot = snapshot_of(connection, cursor, counts, moment, block)
    oldest = None
    if snapshot.queued:
        oldest = oldest_queued_at(cursor) if cursor else oldest_retained_at(feed)
    attempt = last_failed_attempt(cursor) if cursor and snapshot.retries else None
    status = decide(
        replace(
            snapshot,
            failed=FailedAttempt(attempt.status_code) if attempt else None,
            kept_until=feed.stream.retention.kept_until(oldest) if oldest else None,
            audience=_audience(access),
        )
    )
    return FeedStatus(
        connection=connection,
        cursor=cursor,
        ledger=counts,
        status=status,
        now=moment,
    )


def snapshot_of(
    connection: Connection | None,
    cursor: Cursor | None,
    ledger: Ledger,
    now: datetime,
    block: SendBlock | None = None,
) -> Snapshot:
    """Return what rows at hand say, for an editor; it takes no query.

    `block` is why nothing is sent to the connection (delivery.limits.send_policy).
    """
    return Snapshot.of(
        connection,
        cursor,
        queued=ledger.pending + ledger.held,
        quarantined=ledger.quarantined,
        now=now,
        block=block,
    )


def _audience(access: WorkspaceAccess) -> Audience:
    if access.can_edit:
        return Audience.EDITOR
    return Audience.PARTNER if access.partner_role else Audience.VIEWER
