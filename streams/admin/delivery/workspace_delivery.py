"""Why events of a workspace are not delivered: each feed's figures, status and links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from streams.admin.shared.base import to_the_second
from streams.connections.models import Connection
from streams.delivery.limits.send_policy import SendBlock, SendPolicy
from streams.delivery.models import Cursor
from streams.observability import ledger

if TYPE_CHECKING:
    from streams.events.models import Feed
    from streams.observability.ledger import Ledger
    from streams.tenancy.models import Workspace

MOST = 50  # feeds; a workspace has one in each stream of its partner


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedDelivery:
    """The delivery of one feed. `reason` says why its queued events wait."""

    feed: Feed
    connection: Connection | None
    ledger: Ledger
    tone: str  # of a badge
    word: str
    reason: str = ""

    @property
    def queued(self) -> int:
        """Events that have not been sent yet."""
        return self.ledger.pending + self.ledger.held


def deliveries_of(workspace: Workspace) -> list[FeedDelivery]:
    """Return the delivery of each feed of a workspace, with six queries in all."""
    feeds = workspace.feeds.select_related("stream", "workspace").order_by("pk")
    return _deliveries(list(feeds[:MOST]))


def delivery_of(feed: Feed) -> FeedDelivery:
    """Return the delivery of one feed, with five queries."""
    return _deliveries([feed])[0]


def _deliveries(feeds: list[Feed]) -> list[FeedDelivery]:
    ids = [feed.pk for feed in feeds]
    current = Connection.objects.current().filter(feed__in=ids)
    connections = {one.feed_id: one for one in current}
    live = Cursor.objects.filter(
        connection__in=connections.values(), kind=Cursor.Kind.LIVE
    )
    cursors = {cursor.feed_id: cursor for cursor in live}
    ledgers, policy = ledger.of_each(ids), SendPolicy.load()

    def read(feed: Feed) -> FeedDelivery:
        connection = connections.get(feed.pk)
        block = (
            policy.block(connection, stream=feed.stream, workspace=feed.workspace)
            if connection
            else None
        )
        tone, word, reason = status_of(connection, cursors.get(feed.pk), block)
        return FeedDelivery(
            feed=feed,
            connection=connection,
            ledger=ledgers[feed.pk],
            tone=tone,
            word=word,
            reason=reason,
        )

    return [read(feed) for feed in feeds]


def status_of(
    connection: Connection | None, cursor: Cursor | None, block: SendBlock | None
) -> tuple[str, str, str]:
    """Return the tone, the word and the reason; if several apply, the most urgent one."""
    if connection is None or cursor is None:
        return "", _("Not connected"), _("The customer has not connected Segment.")
    if connection.status == Connection.Status.ATTENTION:
        return "bad", _("Needs attention"), connection.status_reason
    if connection.status == Connection.Status.PAUSED:
        return "", _("Paused"), _("The connection is paused.")
    if block:
        return "warn", _("Stopped"), block.message
    if cursor.failures:
        due = to_the_second(cursor.due_at)
        text = _(
            "%(failures)s failed attempts in a row. Next attempt: %(time)s. %(why)s"
        )
        why = connection.status_reason
        values = {"failures": cursor.failures, "time": due, "why": why}
        return "warn", _("Retrying"), (text % values).strip()
    return "good", _("Active"), connection.status_reason
