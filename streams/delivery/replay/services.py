"""Replays: send stored events again, with lower priority than live events.

A replay is a cursor with an end. It continues after a crash, stops while the connection is
paused, and shares the rate limit of the stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from streams.base.clock import now
from streams.base.ids import id_named, public_id
from streams.connections.action_log import Conflict, record_action
from streams.connections.models import Connection
from streams.delivery.models import Cursor
from streams.delivery.replay.filter import EventRange, MatchCount, ReplayFilter
from streams.delivery.replay.matching import matches_in, rejections
from streams.delivery.replay.models import Replay
from streams.delivery.wake import wake_after_commit
from streams.events.retention.past_retention import oldest_retained
from streams.events.time_index import last_before

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from streams.delivery.replay.filter import ReplaySelection
    from streams.events.models import Feed
    from streams.tenancy.models import User

# Events that a count examines, so that it takes less than a second.
COUNTED = 200_000


class NothingToReplay(ValueError):
    """The selection has no event that was sent before and is still stored."""


class CannotReplay(Conflict):
    """Another replay runs, or the connection was deleted."""


class CannotCancel(Conflict):
    """The replay has ended."""


def select(connection: Connection, wanted: ReplaySelection) -> EventRange:
    """Return the range of event numbers of a selection. Raises NothingToReplay.

    Ends at the live cursor: queued events are sent anyway.
    """
    live = _live_cursor(connection)
    feed, oldest = live.feed, oldest_retained(live.feed)
    if wanted.since_trouble and live.troubled_seq is None:
        raise NothingToReplay(_("This connection has had no delivery problems so far."))
    if oldest > live.position:
        raise NothingToReplay(
            _("None of the events that are still retained has been sent yet.")
        )
    starts = [oldest - 1]
    ends = [live.position]
    if wanted.since_trouble and live.troubled_seq is not None:
        starts.append(live.troubled_seq)
    if wanted.first is not None:
        starts.append(wanted.first - 1)
    if wanted.last is not None:
        ends.append(wanted.last)
    if wanted.since is not None:
        starts.append(last_before(feed, wanted.since))
    if wanted.until is not None:
        ends.append(last_before(feed, wanted.until))
    span = EventRange(max(starts), min(ends))
    if span.size <= 0:
        message = _(
            "This range has no events to replay. You can replay events %(first)s to"
            " %(last)s."
        )
        bounds = {"first": f"{oldest:,}", "last": f"{live.position:,}"}
        raise NothingToReplay(message % bounds)
    return span


def count(connection: Connection, span: EventRange, wanted: ReplayFilter) -> MatchCount:
    """Count the matching events of a span, at most in its first COUNTED events."""
    if wanted.takes_all:
        return MatchCount(events=span.size, looked_at=span.size, size=span.size)
    cursor = _live_cursor(connection)
    if wanted == ReplayFilter(rejected_only=True):
        rejected = rejections(cursor).filter(seq__gt=span.start, seq__lte=span.end)
        found = rejected.values("seq").distinct().count()
        return MatchCount(events=found, looked_at=span.size, size=span.size)
    looked_at = span.size if wanted.is_list else min(span.size, COUNTED)
    found = matches_in(cursor, wanted, after=span.start, up_to=span.start + looked_at)
    return MatchCount(events=found, looked_at=looked_at, size=span.size)


@transaction.atomic
def start_replay(
    *,
    connection: Connection,
    wanted: ReplaySelection,
    new_ids: bool,
    actor: User | None,
    key: str = "",
    token: str = "",
) -> tuple[Replay, bool]:
    """Start a replay; return it, and whether it was created now.

    With `new_ids`, every event gets a new messageId, so Segment treats it as new. Calls
    with the same `key` return the same replay. `token` names the API token if there is no
    `actor`. On a paused connection, the replay waits. Raises NothingToReplay, CannotReplay.
    """
    name = id_named(f"{connection.public_id}:{key}") if key else public_id()
    Cursor.objects.lock_of(connection)
    if made := Replay.objects.filter(public_id=name).select_related("cursor").first():
        return made, False
    current = Connection.objects.current().filter(pk=connection.pk).first()
    if current is None:
        raise CannotReplay(_("This connection was just deleted."))
    span = select(connection, wanted)
    replay = Replay.objects.create(
        cursor=_create_cursor(current, span),
        public_id=name,
        requested_by=actor,
        new_ids=new_ids,
        name=wanted.filter.name[:200],
        type=wanted.filter.type[:8],
        user_id=wanted.filter.user_id[:200],
        rejected_only=wanted.filter.rejected_only,
        more=wanted.filter.more,
        since=wanted.since,
        until=wanted.until,
    )
    wake_after_commit({current.feed.stream_id})
    _note("replay.started", replay, actor, token)
    return replay, True


@transaction.atomic
def cancel_replay(*, replay: Replay, actor: User | None, token: str = "") -> None:
    """Cancel a replay; delivered events stay in Segment. Raises CannotCancel."""
    running = Cursor.objects.filter(pk=replay.cursor_id, ended_at=None)
    if not running.update(ended_at=now(), due_at=None):
        raise CannotCancel(_("This replay has already ended."))
    replay.cursor.refresh_from_db()
    _note("replay.cancelled", replay, actor, token)


def stop_replay(connection: Connection, *, because: str) -> None:
    """End the running replay, if any, within the caller's transaction."""
    running = _running(connection)
    Replay.objects.filter(cursor__in=running).update(stopped_because=because)
    running.update(ended_at=now(), due_at=None)


def left_to_replay(connection: Connection) -> int:
    """Return how many event numbers the running replay has left; 0 if none runs."""
    left = _running(connection).aggregate(sum=Sum(F("end_seq") - F("position")))
    return left["sum"] or 0


def replays_of(feed: Feed) -> QuerySet[Replay]:
    """Return the replays of a feed, newest first, with the relations that pages show."""
    of_feed = Replay.objects.filter(cursor__feed=feed).order_by("-pk")
    return of_feed.select_related("cursor__connection", "requested_by")


def _running(connection: Connection) -> QuerySet[Cursor]:
    return Cursor.objects.filter(
        connection=connection, kind=Cursor.Kind.REPLAY, ended_at=None
    )


def _live_cursor(connection: Connection) -> Cursor:
    live = Cursor.objects.filter(kind=Cursor.Kind.LIVE).select_related("feed")
    return live.get(connection=connection)


def _create_cursor(connection: Connection, span: EventRange) -> Cursor:
    """Raises CannotReplay, also where two ask at once: the database says so."""
    try:
        with transaction.atomic():
            return Cursor.objects.create(
                connection=connection,
                feed_id=connection.feed_id,
                stream_id=connection.feed.stream_id,
                kind=Cursor.Kind.REPLAY,
                start=span.start,
                position=span.start,
                end_seq=span.end,
                due_at=now(),
                held=connection.status != Connection.Status.ACTIVE,
            )
    except IntegrityError:
        if not _running(connection).exists():
            raise
        raise CannotReplay(
            _(
                "A replay is already running. Wait until it completes, or cancel it first."
            )
        ) from None


def _note(action: str, replay: Replay, actor: User | None, token: str) -> None:
    cursor = replay.cursor
    by = {"token": token} if token else {}
    record_action(
        action,
        cursor.connection,
        actor,
        replay=replay.public_id,
        events=f"{cursor.start + 1}-{cursor.end_seq}",
        position=cursor.position,
        filter=replay.filter.words,
        new_ids=replay.new_ids,
        **by,
    )
