"""Why events of a workspace are not delivered: each feed's figures, status and links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext, gettext_lazy, ngettext

from streams.admin.delivery.blocks import block_of, read_blocks
from streams.admin.shared.base import to_the_second
from streams.base.clock import now
from streams.connections.models import Connection
from streams.delivery.limits.send_policy import BlockCause, SendBlock, SendPolicy
from streams.delivery.models import Cursor
from streams.events.models import Feed
from streams.observability import ledger
from streams.observability.feed_state.snapshot import Snapshot
from streams.observability.feed_state.states import FeedState, state_of, tone_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django_stubs_ext import StrOrPromise

    from streams.delivery.limits.models import Halt
    from streams.observability.ledger import Ledger
    from streams.tenancy.models import Workspace

URGENCY = ("bad", "warn", "busy", "calm", "good")  # tones, the most urgent first
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
    halt: Halt | None = None  # that the reason is about

    @property
    def queued(self) -> int:
        """Events that have not been sent yet."""
        return self.ledger.pending + self.ledger.held


def deliveries_of(workspace: Workspace) -> list[FeedDelivery]:
    """Return the delivery of each feed of a workspace, with six queries in all."""
    feeds = workspace.feeds.select_related("stream", "workspace").order_by("pk")
    return _deliveries(list(feeds[:MOST]))


def worst_of_each(workspaces: Sequence[Workspace]) -> dict[int, FeedDelivery]:
    """Return the delivery that needs attention most, of each workspace with a feed, by ID.

    Takes six queries in all.
    """
    feeds = Feed.objects.filter(workspace__in=workspaces).order_by("pk")
    found = _deliveries(list(feeds.select_related("stream", "workspace")))
    worst: dict[int, FeedDelivery] = {}
    for one in sorted(found, key=lambda one: (URGENCY.index(one.tone), -one.queued)):
        worst.setdefault(one.feed.workspace_id, one)
    return worst


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
        counts = ledgers[feed.pk]
        tone, word, reason = status_of(
            connection,
            cursors.get(feed.pk),
            block,
            queued=counts.pending + counts.held,
        )
        return FeedDelivery(
            feed=feed,
            connection=connection,
            ledger=counts,
            tone=tone,
            word=word,
            reason=reason,
            halt=_named_halt(policy, feed, connection, block, reason),
        )

    return [read(feed) for feed in feeds]


def _named_halt(
    policy: SendPolicy,
    feed: Feed,
    connection: Connection | None,
    block: SendBlock | None,
    reason: str,
) -> Halt | None:
    """Return the halt that the reason is about; None: it is about something else."""
    is_halted = block is not None and block.cause is BlockCause.HALTED
    if connection is None or not (is_halted and block and block.message == reason):
        return None
    return policy.halt_of(connection, stream=feed.stream)


def words_of(connections: Sequence[Connection]) -> dict[int, str]:
    """Return the word for the status of each connection, by ID, with two queries."""
    if not connections:
        return {}
    live = Cursor.objects.filter(connection__in=connections, kind=Cursor.Kind.LIVE)
    cursors = {one.connection_id: one for one in live.select_related("feed")}
    read_blocks(connections)
    return {one.pk: _word(one, cursors.get(one.pk)) for one in connections}


def _word(connection: Connection, cursor: Cursor | None) -> str:
    if connection.deleted_at:
        return gettext("Deleted")
    queued = cursor.feed.head_seq - cursor.position if cursor else 0
    return status_of(connection, cursor, block_of(connection), queued=queued)[1]


def status_of(
    connection: Connection | None,
    cursor: Cursor | None,
    block: SendBlock | None,
    *,
    queued: int,
) -> tuple[str, str, str]:
    """Return the tone and the word, as in the portal, and the reason."""
    snapshot = Snapshot.of(connection, cursor, queued=queued, now=now(), block=block)
    state = state_of(snapshot)
    return tone_of(state, snapshot), state.word, _reason(state, snapshot)


def _reason(state: FeedState, snapshot: Snapshot) -> str:
    if state is FeedState.RETRYING:
        text = ngettext(
            "%(count)s failed attempt. Next attempt: %(time)s.",
            "%(count)s failed attempts in a row. Next attempt: %(time)s.",
            snapshot.failures,
        )
        due = to_the_second(snapshot.next_attempt_at)
        return text % {"count": snapshot.failures, "time": due}
    if state is FeedState.PAUSED and snapshot.reason:
        return gettext("Paused by an operator: %(reason)s") % {
            "reason": snapshot.reason
        }
    if state in REASONS:
        return str(REASONS[state])
    return snapshot.block.message if snapshot.block else snapshot.reason


REASONS: Mapping[FeedState, StrOrPromise] = {
    FeedState.UNCONNECTED: gettext_lazy("The customer has not connected Segment."),
    FeedState.PAUSED: gettext_lazy("The connection is paused."),
    FeedState.UNKNOWN_KEY: gettext_lazy(
        "Segment doesn't recognize the write key, and silently discards events with it."
    ),
    FeedState.UNVERIFIED: gettext_lazy(
        "No one has confirmed that a test event arrived in Segment. Events are sent."
    ),
}
