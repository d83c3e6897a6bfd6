"""Summaries of workspaces: connection, totals, and status of each feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streams.connections.models import Connection
from streams.delivery.limits.send_policy import SendPolicy
from streams.delivery.models import Cursor
from streams.events.models import Feed
from streams.observability import ledger
from streams.observability.feed_state.snapshot import Audience
from streams.observability.ledger import Ledger
from streams.portal.status.decision import ConnectionStatus, decide
from streams.portal.status.loading import snapshot_of

if TYPE_CHECKING:
    from datetime import datetime

    from streams.tenancy.models import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSummary:
    """A feed of a workspace, or a workspace without feeds."""

    workspace: Workspace
    feed: Feed | None = None
    connection: Connection | None = None
    ledger: Ledger
    status: ConnectionStatus | None = None
    volume: int = 0  # events in the last 24 hours, where a page counts them
    alerts: int = 0  # open ones, where a page counts them
    issues: int = 0  # in the last 24 hours, where a page counts them

    @property
    def waiting(self) -> int:
        return self.ledger.pending + self.ledger.held


def rows(workspaces: Sequence[Workspace], now: datetime) -> list[FeedSummary]:
    """Return one row per feed, in the order of the workspaces, with six queries in all."""
    feeds = _feeds_of(workspaces)
    ids = [feed.pk for several in feeds.values() for feed in several]
    current = Connection.objects.current().filter(feed__in=ids)
    connections = {connection.feed_id: connection for connection in current}
    live = Cursor.objects.filter(
        connection__in=connections.values(), kind=Cursor.Kind.LIVE
    )
    cursors = {cursor.feed_id: cursor for cursor in live}
    ledgers = ledger.of_each(ids)
    policy = SendPolicy.load()

    def row(workspace: Workspace, feed: Feed) -> FeedSummary:
        connection, counts = connections.get(feed.pk), ledgers[feed.pk]
        block = (
            policy.block(connection, stream=feed.stream, workspace=workspace)
            if connection
            else None
        )
        snapshot = snapshot_of(connection, cursors.get(feed.pk), counts, now, block)
        # Partners read these lists. The connections of test workspaces are their own.
        audience = Audience.EDITOR if workspace.is_test else Audience.PARTNER
        return FeedSummary(
            workspace=workspace,
            feed=feed,
            connection=connection,
            ledger=counts,
            status=decide(replace(snapshot, audience=audience)),
        )

    summaries: list[FeedSummary] = []
    for workspace in workspaces:
        own = feeds.get(workspace.pk, [])
        summaries += [row(workspace, feed) for feed in own]
        if not own:
            summaries.append(
                FeedSummary(workspace=workspace, ledger=Ledger(accepted=0))
            )
    return summaries


def _feeds_of(workspaces: Sequence[Workspace]) -> dict[int, list[Feed]]:
    """Return the feeds of each workspace that has some, by its ID."""
    feeds: dict[int, list[Feed]] = {}
    found = Feed.objects.filter(workspace__in=workspaces).select_related("stream")
    for feed in found.order_by("pk"):
        feeds.setdefault(feed.workspace_id, []).append(feed)
    return feeds
