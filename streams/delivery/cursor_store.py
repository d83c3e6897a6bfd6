"""The performance-critical statements on cursors, optimized for each database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from streams.base.database.driver import columns, driver_cursor, pipeline
from streams.delivery.models import Cursor

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

# A cursor's ID, its old position, and its new fields by name.
Move = tuple[int, int, "Mapping[str, Any]"]


class CursorStore(Protocol):
    """Statements that run in the caller's transaction."""

    def mark_due(self, feed_ids: Collection[int], now: datetime) -> set[int]:
        """Mark the idle live cursors of feeds with new events as due; return their streams.

        The feeds are locked, and a drain locks the feed before its cursor goes idle
        (engine/store_outcome.rest), so either it saw our events or we see it idle. Replays
        have an end, so new events don't concern them. A stream's owner uses the database's
        clock. Ours may be ahead, so the earlier of the two times is stored.
        """

    def due(
        self,
        stream_id: int,
        now: datetime,
        skipped_regions: Collection[str],
        only: Collection[int] | None,
        most: int,
    ) -> list[int]:
        """Return the IDs of the cursors that may send, the longest due first.

        Leaves out cursors of `skipped_regions` and, unless it is None, those not in `only`.
        """

    def rest(self, cursor_ids: Collection[int]) -> set[int]:
        """Mark live cursors at the head of their feed as idle; return their IDs.

        Skips locked cursors and feeds (engine/store_outcome.rest).
        """

    def move(self, moves: Sequence[Move]) -> set[int]:
        """Update cursors whose position is unchanged; return their IDs.

        All moves have the same fields.
        """

    def blocked_feeds(self, feed_ids: Collection[int]) -> set[int]:
        """Return the feeds that an append can't write to now.

        Another session has locked the feed, or an idle live cursor of it.
        """

    def blocked_connections(self, connection_ids: Collection[int]) -> set[int]:
        """Return the connections that another session has locked, or a cursor of which."""


class PostgresCursorStore:
    def mark_due(self, feed_ids: Collection[int], now: datetime) -> set[int]:
        statement = (
            "UPDATE streams_cursor SET due_at = LEAST(%s, statement_timestamp())"
            " FROM streams_feed AS feed WHERE feed_id = feed.id AND feed_id = ANY(%s)"
            " AND kind = 'live' AND due_at IS NULL AND position < feed.head_seq"
            " RETURNING streams_cursor.stream_id"
        )
        with driver_cursor() as cursor:
            cursor.execute(statement, [now, list(feed_ids)], prepare=True)
            return {stream_id for (stream_id,) in cursor.fetchall()}

    def due(
        self,
        stream_id: int,
        now: datetime,
        skipped_regions: Collection[str],
        only: Collection[int] | None,
        most: int,
    ) -> list[int]:
        skipped = (
            " AND connection_id NOT IN"
            " (SELECT id FROM streams_connection WHERE region = ANY(%s))"
            if skipped_regions
            else ""
        )
        selected = "" if only is None else " AND id = ANY(%s)"
        statement = (
            "SELECT id FROM streams_cursor WHERE stream_id = %s AND NOT held"  # noqa: S608
            f" AND due_at <= %s{skipped}{selected} ORDER BY due_at LIMIT %s"
        )
        arguments: list[object] = [stream_id, now]
        arguments += [list(skipped_regions)] if skipped_regions else []
        arguments += [] if only is None else [list(only)]
        with driver_cursor() as cursor:
            cursor.execute(statement, [*arguments, most], prepare=True)
            return [pk for (pk,) in cursor.fetchall()]

    def rest(self, cursor_ids: Collection[int]) -> set[int]:
        # If the server dies before this is on disk, the cursors are still due and are
        # checked again.
        no_wait = "SET LOCAL synchronous_commit TO off"
        statement = (
            "WITH ended AS ("
            " SELECT cursor.id FROM streams_cursor AS cursor"
            " JOIN streams_feed AS feed ON feed.id = cursor.feed_id"
            " WHERE cursor.id = ANY(%s) AND cursor.kind = 'live'"
            " AND cursor.position = feed.head_seq"
            " ORDER BY feed.id FOR NO KEY UPDATE OF feed, cursor SKIP LOCKED)"
            " UPDATE streams_cursor SET due_at = NULL FROM ended"
            " WHERE streams_cursor.id = ended.id RETURNING ended.id"
        )
        with pipeline() as cursor:
            cursor.execute(no_wait)
            cursor.execute(statement, [list(cursor_ids)], prepare=True)
            return {pk for (pk,) in cursor.fetchall()}

    def move(self, moves: Sequence[Move]) -> set[int]:
        names = list(moves[0][2])
        types = [Cursor._meta.get_field(name).db_type(connection) for name in names]
        arrays = ", ".join(f"%s::{of_column}[]" for of_column in types)
        changes = ", ".join(f"{name} = new.{name}" for name in names)
        statement = (
            f"UPDATE streams_cursor SET {changes}"  # noqa: S608 - only our own names
            f" FROM unnest(%s::bigint[], %s::bigint[], {arrays})"
            f" AS new(id, old_position, {', '.join(names)})"
            " WHERE streams_cursor.id = new.id AND streams_cursor.position = old_position"
            " RETURNING new.id"
        )
        rows = [
            (pk, old_position, *fields.values()) for pk, old_position, fields in moves
        ]
        with driver_cursor() as cursor:
            cursor.execute(statement, columns(rows), prepare=True)
            return {pk for (pk,) in cursor.fetchall()}

    def blocked_feeds(self, feed_ids: Collection[int]) -> set[int]:
        idle = "FROM streams_cursor WHERE feed_id = ANY(%s) AND kind = 'live' AND due_at IS NULL"
        return self._blocked(
            "SELECT id FROM streams_feed WHERE id = ANY(%s)",
            f"SELECT id, feed_id {idle}",
            feed_ids,
        )

    def blocked_connections(self, connection_ids: Collection[int]) -> set[int]:
        return self._blocked(
            "SELECT id FROM streams_connection WHERE id = ANY(%s)",
            "SELECT id, connection_id FROM streams_cursor WHERE connection_id = ANY(%s)",
            connection_ids,
        )

    def _blocked(self, parents: str, children: str, ids: Collection[int]) -> set[int]:
        """Return the parents that are locked, or have a locked child (ID, parent's ID)."""
        unlocked = "FOR NO KEY UPDATE SKIP LOCKED"
        statement = (
            f"WITH free AS ({parents} {unlocked}), child(id, parent) AS ({children}),"  # noqa: S608
            f" free_child(id, parent) AS ({children} {unlocked})"
            " SELECT id FROM unnest(%s::bigint[]) AS asked(id)"
            " WHERE id NOT IN (SELECT id FROM free) OR id IN ("
            " SELECT parent FROM child WHERE id NOT IN (SELECT id FROM free_child))"
        )
        with driver_cursor() as cursor:
            cursor.execute(statement, [list(ids)] * 4)
            return {pk for (pk,) in cursor.fetchall()}


class SqliteCursorStore:
    def mark_due(self, feed_ids: Collection[int], now: datetime) -> set[int]:
        idle = Cursor.objects.filter(
            feed_id__in=feed_ids,
            kind=Cursor.Kind.LIVE,
            due_at=None,
            position__lt=F("feed__head_seq"),
        )
        due = list(idle.values_list("pk", "stream_id", Now()))
        if due:
            due_at = min(now, due[0][2])
            Cursor.objects.filter(pk__in=[pk for pk, *_ in due]).update(due_at=due_at)
        return {stream_id for _, stream_id, _ in due}

    def due(
        self,
        stream_id: int,
        now: datetime,
        skipped_regions: Collection[str],
        only: Collection[int] | None,
        most: int,
    ) -> list[int]:
        due = Cursor.objects.filter(stream=stream_id, held=False, due_at__lte=now)
        if only is not None:
            due = due.filter(pk__in=only)
        sendable = due.exclude(connection__region__in=skipped_regions)
        return list(sendable.order_by("due_at").values_list("pk", flat=True)[:most])

    def rest(self, cursor_ids: Collection[int]) -> set[int]:
        live = Cursor.objects.filter(pk__in=cursor_ids, kind=Cursor.Kind.LIVE)
        ended = live.filter(position=F("feed__head_seq"))
        found = set(ended.values_list("pk", flat=True))
        Cursor.objects.filter(pk__in=found).update(due_at=None)
        return found

    def move(self, moves: Sequence[Move]) -> set[int]:
        return {
            pk
            for pk, old_position, fields in moves
            if Cursor.objects.filter(pk=pk, position=old_position).update(**fields)
        }

    # SQLite locks the whole database.

    def blocked_feeds(self, feed_ids: Collection[int]) -> set[int]:
        return set()

    def blocked_connections(self, connection_ids: Collection[int]) -> set[int]:
        return set()


def store() -> CursorStore:
    """Return the store for the database in use."""
    return (
        PostgresCursorStore()
        if connection.vendor == "postgresql"
        else SqliteCursorStore()
    )
