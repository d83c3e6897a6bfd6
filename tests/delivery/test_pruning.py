"""The deletions of a run of retention, on each database."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from streams.delivery.models import Cursor, CursorMark, Delivery, Rejection
from streams.delivery.retention.pruning import prune
from streams.events.log import FeedAddition, append
from streams.events.models import Event, FeedMark, SeenMessage
from streams.events.retention import bounded_delete
from streams.events.store.partitions import make_partitions
from streams.observability.reconcile import inconsistencies
from tests import factories

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
OVER = factories.NOW + 31 * DAY
IS_POSTGRES = connection.vendor == "postgresql"


@pytest.fixture
def cursor():
    """One event delivered, one rejected and one queued; then the same a day later."""
    cursor = factories.cursor()
    for now in (factories.NOW, factories.NOW + DAY):
        make_partitions(now.date())
        factories.append(cursor.feed, 3, now=now)
        factories.delivered(cursor, cursor.position + 1, now=now)
        factories.rejected(cursor, now=now)
        factories.delivered(cursor, cursor.position + 1, now=now)
    return cursor


def partitions(table: str) -> set[str]:
    with connection.cursor() as sql:
        sql.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits"
            " WHERE inhparent = %s::regclass",
            [table],
        )
        return {name for (name,) in sql.fetchall()}


def counts():
    models = (Event, Rejection, FeedMark, CursorMark, SeenMessage, Delivery)
    return [model.objects.count() for model in models]


def test_everything_of_a_day_is_deleted_together_and_attempts_a_day_later(cursor):
    assert counts() == [6, 2, 2, 2, 6, 6]

    prune(now=OVER)
    first = counts()
    prune(now=OVER + DAY)

    assert first == [3, 1, 1, 1, 0, 6]
    assert counts() == [0, 0, 0, 0, 0, 3]


def test_the_ledger_still_balances(cursor):
    for days in (0, 1, 2):
        prune(now=OVER + days * DAY)

        assert list(inconsistencies(cursor.feed)) == []

    cursor.refresh_from_db()
    assert (cursor.rejected, cursor.rejected_forgotten) == (2, 2)
    assert (cursor.delivered, cursor.expired) == (4, 0)


def test_the_ledger_still_balances_after_a_recovery(cursor):
    replay = factories.replay(cursor, position=6, due_at=None, ended_at=OVER)
    factories.delivery(replay.cursor, 1, 6, started_at=OVER)
    rows = Rejection.objects.filter(cursor=cursor)
    rows.update(recovered_by=replay.cursor, recovered_at=OVER)
    Cursor.objects.filter(pk=cursor.pk).update(recovered=2)

    for days in (0, 1, 2):
        prune(now=OVER + days * DAY)

        assert list(inconsistencies(cursor.feed)) == []

    cursor.refresh_from_db()
    assert (cursor.recovered, cursor.recovered_forgotten) == (2, 2)


def test_the_command_reports_what_it_did(cursor, capsys, monkeypatch):
    monkeypatch.setattr("streams.management.commands.prune.now", lambda: OVER)

    call_command("prune")

    said = capsys.readouterr().out
    assert said.startswith(
        "3 events passed their retention, 0 of them unsent, and 0 in quarantine. Dropped: "
    )
    assert "1 of streams_rejection" in said
    if IS_POSTGRES:
        assert f"streams_event_{factories.NOW:%Y%m%d}" in said
    else:
        assert "3 of streams_event," in said


def test_many_rows_are_deleted_in_small_batches(cursor, monkeypatch):
    monkeypatch.setattr(bounded_delete, "CHUNK", 2)
    monkeypatch.setattr("streams.events.retention.past_retention.CHUNK", 2)
    monkeypatch.setattr("streams.delivery.retention.pruning.CHUNK", 2)

    prune(now=OVER + 2 * DAY)

    assert counts() == [0, 0, 0, 0, 0, 0]


if IS_POSTGRES:  # SQLite has neither partitions nor row locks

    def test_a_feed_that_fails_does_not_stop_the_others(cursor):
        other = factories.feed()
        factories.append(other, 2)

        def refuse(execute, sql, params, many, context):
            if (
                sql.startswith("SELECT")
                and "FOR NO KEY" in sql
                and cursor.feed_id in params
            ):
                sql = "SELECT nothing FROM nowhere"
            return execute(sql, params, many, context)

        if not IS_POSTGRES:
            pytest.skip(
                "SQLite has one writer: there is no lock that one feed could fail on"
            )
        with connection.execute_wrapper(refuse):
            done = prune(now=OVER)

        other.refresh_from_db()
        assert (done.failed_feeds, other.expired_seq) == (1, 2)
        # The partition stays: it contains events that have not expired.
        assert f"streams_event_{factories.NOW:%Y%m%d}" in partitions("streams_event")

    def test_a_day_that_no_stream_retains_is_dropped_and_not_deleted(cursor):
        done = prune(now=OVER)

        assert f"streams_event_{factories.NOW:%Y%m%d}" in done.partitions
        assert f"streams_event_{factories.NOW + DAY:%Y%m%d}" in partitions(
            "streams_event"
        )
        assert done.rows["streams_event"] == 0

    def test_rows_without_a_partition_are_deleted(cursor):
        factories.append(
            cursor.feed, 2, now=factories.NOW + 10 * DAY
        )  # no partition was created
        assert rows_in("streams_event_default") == 2

        done = prune(now=OVER + 10 * DAY)

        assert (rows_in("streams_event_default"), done.rows["streams_event"]) == (0, 2)

    def rows_in(table):
        with connection.cursor() as sql:
            sql.execute(f"SELECT count(*) FROM {table}")
            return sql.fetchone()[0]

    @pytest.mark.django_db(transaction=True)
    def test_a_day_in_use_by_a_reader_is_dropped_in_the_next_run(cursor):
        reading, done = threading.Event(), threading.Event()

        def read():
            with transaction.atomic():
                Event.objects.first()
                reading.set()
                done.wait(30)
            connection.close()

        reader = threading.Thread(target=read)
        reader.start()
        reading.wait(30)
        first = prune(now=OVER)
        done.set()
        reader.join()
        second = prune(now=OVER)

        day = f"streams_event_{factories.NOW:%Y%m%d}"
        assert (day in first.partitions, day in second.partitions) == (False, True)

    @pytest.mark.django_db(transaction=True)
    def test_an_append_by_a_clock_that_is_days_behind_keeps_its_day(cursor):
        late = factories.feed()
        appended, done = threading.Event(), threading.Event()

        def write():
            with transaction.atomic():
                append([FeedAddition(late.pk, [factories.event()])], now=factories.NOW)
                appended.set()
                done.wait(30)
            connection.close()

        writer = threading.Thread(target=write)
        writer.start()
        appended.wait(30)
        prune(now=OVER)  # sees no checkpoint of it yet, and cannot get the lock
        done.set()
        writer.join()

        assert Event.objects.filter(feed=late).count() == 1
        prune(now=OVER)
        late.refresh_from_db()
        assert late.expired_seq == 1
