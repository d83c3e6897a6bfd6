"""The statements on cursors that appends and drains spend their time with, as each
database does them best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from streams.base.postgres import columns, driver_cursor, pipeline
from streams.delivery.models import Cursor

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

# A cursor's id, where it stood, and its new fields by name.
Move = tuple[int, int, "Mapping[str, Any]"]


class Store(Protocol):
    """Statements within the caller's transaction."""

    def mark_due(self, feed_ids: Collection[int], now: datetime) -> set[int]:
        """Mark the idle live cursors of feeds that have grown as due; their streams.

        The feeds are locked, and a drain locks the feed before its cursor goes idle
        (outcome.py): either it saw our events, or we see it idle. No event is new to a
        replay, which has an end. A stream's owner goes by the database's clock; ours
        may be ahead of it, and the earlier of the two counts.
        """

    def due(
        self,
        stream_id: int,
        now: datetime,
        shut: Collection[str],
        among: Collection[int] | None,
        most: int,
    ) -> list[int]:
        """The cursors that may be sent to, by id, the longest due first; none in a
        region that is shut, and only those `among`, unless that is None."""

    def rest(self, cursor_ids: Collection[int]) -> set[int]:
        """Mark live cursors as idle that stand at the head of their feed, where neither
        is locked (outcome.rest); the ids of those."""

    def move(self, moves: Sequence[Move]) -> set[int]:
        """Change cursors that still stand where they stood; the ids of those changed.

        All moves name the same fields.
        """

    def blocked_feeds(self, feed_ids: Collection[int]) -> set[int]:
        """The feeds that no append can write to now: another session holds the row of
        the feed, or of a live cursor of it that the append would mark as due."""

    def blocked_connections(self, connection_ids: Collection[int]) -> set[int]:
        """The connections of which another session holds the row, or that of a cursor."""


class PostgresStore:
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
        shut: Collection[str],
        among: Collection[int] | None,
        most: int,
    ) -> list[int]:
        of_shut = "SELECT id FROM streams_connection WHERE region = ANY(%s)"
        statement = (
            "SELECT id FROM streams_cursor WHERE stream_id = %s AND NOT held"  # noqa: S608
            f" AND due_at <= %s {f'AND connection_id NOT IN ({of_shut})' if shut else ''}"
            f"{'' if among is None else ' AND id = ANY(%s)'}"
            " ORDER BY due_at LIMIT %s"
        )
        asked: list[object] = [stream_id, now]
        asked += [list(shut)] if shut else []
        asked += [] if among is None else [list(among)]
        with driver_cursor() as cursor:
            cursor.execute(statement, [*asked, most], prepare=True)
            return [pk for (pk,) in cursor.fetchall()]

    def rest(self, cursor_ids: Collection[int]) -> set[int]:
        # Should the server die before this is on its disk, the cursors are still due,
        # and are looked at again.
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
            f"UPDATE streams_cursor SET {changes}"  # noqa: S608 - names of ours alone
            f" FROM unnest(%s::bigint[], %s::bigint[], {arrays})"
            f" AS new(id, stood_at, {', '.join(names)})"
            " WHERE streams_cursor.id = new.id AND streams_cursor.position = stood_at"
            " RETURNING new.id"
        )
        rows = [(pk, stood_at, *fields.values()) for pk, stood_at, fields in moves]
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
        """The parents that are locked, or have a child (id, parent's id) that is."""
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


class SqliteStore:
    def mark_due(self, feed_ids: Collection[int], now: datetime) -> set[int]:
        idle = Cursor.objects.filter(
            feed_id__in=feed_ids,
            kind=Cursor.Kind.LIVE,
            due_at=None,
            position__lt=F("feed__head_seq"),
        )
        woken = list(idle.values_list("pk", "stream_id", Now()))
        if woken:
            due_at = min(now, woken[0][2])
            Cursor.objects.filter(pk__in=[pk for pk, *_ in woken]).update(due_at=due_at)
        return {stream_id for _, stream_id, _ in woken}

    def due(
        self,
        stream_id: int,
        now: datetime,
        shut: Collection[str],
        among: Collection[int] | None,
        most: int,
    ) -> list[int]:
        due = Cursor.objects.filter(stream=stream_id, held=False, due_at__lte=now)
        if among is not None:
            due = due.filter(pk__in=among)
        open_ones = due.exclude(connection__region__in=shut)
        return list(open_ones.order_by("due_at").values_list("pk", flat=True)[:most])

    def rest(self, cursor_ids: Collection[int]) -> set[int]:
        live = Cursor.objects.filter(pk__in=cursor_ids, kind=Cursor.Kind.LIVE)
        ended = live.filter(position=F("feed__head_seq"))
        found = set(ended.values_list("pk", flat=True))
        Cursor.objects.filter(pk__in=found).update(due_at=None)
        return found

    def move(self, moves: Sequence[Move]) -> set[int]:
        return {
            pk
            for pk, stood_at, fields in moves
            if Cursor.objects.filter(pk=pk, position=stood_at).update(**fields)
        }

    # It locks the database as a whole.

    def blocked_feeds(self, feed_ids: Collection[int]) -> set[int]:
        return set()

    def blocked_connections(self, connection_ids: Collection[int]) -> set[int]:
        return set()


def store() -> Store:
    """The store of the database that is in use."""
    return PostgresStore() if connection.vendor == "postgresql" else SqliteStore()
