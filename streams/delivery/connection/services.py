"""Creates, changes and deletes a connection.

A request in flight meanwhile ends with the key that it began with.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from streams.base.clock import now
from streams.base.ids import public_id
from streams.connections.action_log import REPLACED, Conflict, record_action
from streams.connections.key_errors import KeyInUse
from streams.connections.models import Connection
from streams.connections.regions import Region, offered
from streams.connections.write_keys import WriteKey, read_write_key, seal_write_key
from streams.delivery.connection.queue_facts import oldest_queued_at
from streams.delivery.connection.status import ACTIVE, ATTENTION, change_status
from streams.delivery.models import Cursor
from streams.delivery.replay.services import left_to_replay, stop_replay
from streams.delivery.wake import wake_after_commit
from streams.events.models import Feed
from streams.events.retention.past_retention import oldest_retained

if TYPE_CHECKING:
    from streams.tenancy.models import User

UNVERIFIED = {
    "known": None, "known_at": None, "seen_at": None, "test_code": "", "test_sent_at": None,
}  # fmt: skip
NO_KEY = {"key_ciphertext": b"", "key_ring_id": "", "key_fingerprint": ""}


class RegionNotOffered(ValueError):
    """The portal doesn't offer this region."""


class AlreadyConnected(Conflict):
    """The feed already has a connection."""


class StartNotRetained(ValueError):
    """A connection cannot start there: the feed doesn't have those events."""


class ConnectionConflict(Conflict):
    """Another user changed or deleted the connection first."""

    def __init__(self) -> None:
        super().__init__(
            _("Someone else just changed or deleted this connection. Review it again.")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeImpact:
    """The queued events of a connection, and where they will be sent."""

    queued: int
    oldest_at: datetime | None  # when the first of them was received
    replaying: int  # event numbers that a replay has left
    now_to: str  # "…1234, United States"
    then_to: str


@sensitive_variables("write_key")
@transaction.atomic
def connect(
    *,
    feed: Feed,
    write_key: str,
    region: str,
    actor: User | None,
    after: int | None = None,
) -> Connection:
    """Connect a feed to a Segment source.

    The connection gets the events after the number `after`. By default, it gets the queue:
    from where the previous, deleted connection stopped, or from the oldest stored event.
    Raises InvalidWriteKey, RegionNotOffered, AlreadyConnected, StartNotRetained. No message, log, or
    audit entry contains the key.
    """
    key = read_write_key(write_key)
    _check_offered(region)
    # Locked, so that no event arrives between reading the head and creating the cursor.
    feed = Feed.objects.select_for_update(no_key=True).get(pk=feed.pk)
    if Connection.objects.current().filter(feed=feed).exists():
        raise AlreadyConnected(_("Someone else just connected this stream."))
    start, start_at = (
        _start_of_queue(feed) if after is None else (_checked_start(feed, after), None)
    )
    connection = _create(feed, key, region)
    Cursor.objects.create(
        connection=connection,
        feed=feed,
        stream_id=feed.stream_id,
        start=start,
        position=start,
        position_at=start_at,
        due_at=now() if feed.head_seq > start else None,
    )
    wake_after_commit({feed.stream_id})
    record_action("connection.made", connection, actor, after=start)
    return connection


@sensitive_variables("write_key")
@transaction.atomic
def replace(
    *,
    connection: Connection,
    write_key: str | None = None,
    region: str | None = None,
    actor: User | None,
) -> None:
    """Change the key or the region of a connection, or both; queued events go there.

    Resets the verification, failed attempts, and the need for attention. A paused
    connection stays paused. Raises InvalidWriteKey, RegionNotOffered, ConnectionConflict.
    """
    key = read_write_key(write_key) if write_key is not None else None
    fields = {**UNVERIFIED, **_new_destination(connection, key, region)}
    fields["replaced_at"] = now()
    before = _destination(connection.key_last4, connection.region)
    Cursor.objects.lock_of(connection)
    with _detecting_use(key, connection.feed) if key else nullcontext():
        changed = Connection.objects.unchanged(connection).update(**fields)
    if not changed:
        raise ConnectionConflict
    connection.refresh_from_db()
    change_status(connection, of={ATTENTION}, to=ACTIVE)
    _reset_attempts(connection)
    wake_after_commit({connection.feed.stream_id})
    after = _destination(connection.key_last4, connection.region)
    record_action(
        REPLACED,
        connection,
        actor,
        before=before,
        changed=f"{before} → {after}",
    )


@transaction.atomic
def delete(*, connection: Connection, actor: User | None) -> None:
    """Delete the key and stop delivery; keep the delivery attempts.

    Unsent events stay queued in the feed for the next connection. Raises
    ConnectionConflict.
    """
    Cursor.objects.lock_of(connection)
    current = Connection.objects.current().filter(pk=connection.pk)
    if not current.update(deleted_at=now(), test_code="", **NO_KEY):
        raise ConnectionConflict
    Cursor.objects.filter(connection=connection).update(held=True)
    stop_replay(connection, because="The connection was deleted.")
    connection.refresh_from_db()
    record_action("connection.deleted", connection, actor)


@sensitive_variables("write_key")
def impact(
    *, connection: Connection, write_key: str | None = None, region: str | None = None
) -> ChangeImpact:
    """Return the queued events and their destination, before and after a change.

    Raises InvalidWriteKey, so that no one is asked to confirm an invalid key.
    """
    key = read_write_key(write_key) if write_key is not None else None
    if key and (conflict := _conflict(key, connection.feed)):
        raise conflict
    live = Cursor.objects.select_related("feed").filter(kind=Cursor.Kind.LIVE)
    cursor = live.get(connection=connection)
    last4 = key.last4 if key else connection.key_last4
    return ChangeImpact(
        queued=cursor.feed.head_seq - cursor.position,
        oldest_at=oldest_queued_at(cursor),
        replaying=left_to_replay(connection),
        now_to=_destination(connection.key_last4, connection.region),
        then_to=_destination(last4, region or connection.region),
    )


def _destination(last4: str, region: str) -> str:
    return f"…{last4}, {Region(region).label}"


def _check_offered(region: str) -> None:
    if region not in offered():
        raise RegionNotOffered(_("This portal doesn't deliver to that region."))


def _create(feed: Feed, key: WriteKey, region: str) -> Connection:
    name = public_id()
    with _detecting_use(key, feed):
        return Connection.objects.create(
            feed=feed,
            public_id=name,
            region=region,
            **seal_write_key(key, public_id=name, feed_id=feed.pk),
        )


def _start_of_queue(feed: Feed) -> tuple[int, datetime | None]:
    """Return the number of the last event before the queue, and when it was received."""
    # Only the newest: in the ledger, each cursor accounts for events after its start.
    live = Cursor.objects.filter(feed=feed, kind=Cursor.Kind.LIVE)
    newest = live.order_by("-connection_id").values_list("position", "position_at")
    return newest.first() or (oldest_retained(feed) - 1, None)


def _checked_start(feed: Feed, after: int) -> int:
    """Return the number if the feed has the event after it. Raises StartNotRetained."""
    oldest = oldest_retained(feed)
    if not oldest - 1 <= after <= feed.head_seq:
        message = _(
            "Events %(first)s to %(last)s are available. Start with one of them, or with"
            " the next event."
        )
        bounds = {"first": f"{oldest:,}", "last": f"{feed.head_seq:,}"}
        raise StartNotRetained(message % bounds)
    return after


def _new_destination(
    connection: Connection, key: WriteKey | None, region: str | None
) -> dict[str, object]:
    fields: dict[str, object] = {}
    if key is not None:
        name, feed_id = connection.public_id, connection.feed_id
        fields |= seal_write_key(key, public_id=name, feed_id=feed_id)
    if region is not None:
        _check_offered(region)
        fields["region"] = region
    return fields


def _reset_attempts(connection: Connection) -> None:
    """Reset attempts and delays: they belong to another key or another host."""
    cursors = Cursor.objects.filter(connection=connection)
    cursors.update(
        failures=0, failing_since=None, suspect_seq=None, rejections_in_row=0
    )
    cursors.exclude(due_at=None).update(due_at=now())


@contextmanager
def _detecting_use(key: WriteKey, feed: Feed) -> Iterator[None]:
    """Let the database detect another connection with the key. Raises KeyInUse."""
    if settings.SECRET_KEY_FALLBACKS and (conflict := _conflict(key, feed)):
        raise conflict  # its row may have the fingerprint of an older SECRET_KEY
    try:
        with transaction.atomic():  # an error rolls back only this part
            yield
    except IntegrityError:
        if (conflict := _conflict(key, feed)) is None:
            raise
        raise conflict from None


def _conflict(key: WriteKey, feed: Feed) -> KeyInUse | None:
    same = Connection.objects.current().filter(key_fingerprint__in=key.fingerprints)
    other = same.exclude(feed=feed).select_related("feed").first()
    if other is None:
        return None
    return KeyInUse(same_workspace=other.feed.workspace_id == feed.workspace_id)
