"""Queued events that reach the end of their retention."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from streams.audit.models import AuditEntry
from streams.delivery.connection.services import connect, delete
from streams.delivery.engine.drain import drain
from streams.delivery.models import Cursor
from streams.delivery.retention.expiry import expiring_of, expiring_of_all
from streams.delivery.retention.pruning import prune
from streams.events.models import Event, FeedMark
from streams.events.retention.past_retention import oldest_retained
from streams.observability import ledger
from streams.observability.ledger import Ledger
from streams.observability.reconcile import inconsistencies
from tests import factories

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
# Events received at NOW have expired; those of a day later are kept.
OVER = factories.NOW + 31 * DAY


def aged(cursor, *, old: int, young: int = 0):
    """Append events received at NOW, and others a day later."""
    factories.append(cursor.feed, old, now=factories.NOW)
    if young:
        factories.append(cursor.feed, young, now=factories.NOW + DAY)
    cursor.refresh_from_db()
    return cursor


def after(cursor, *, now=OVER):
    """Return the cursor after a run of retention, and its ledger."""
    prune(now=now)
    cursor.refresh_from_db()
    cursor.feed.refresh_from_db()
    assert list(inconsistencies(cursor.feed)) == []
    return ledger.of(cursor.feed)


def test_delivered_events_expire_without_changing_the_ledger():
    cursor = aged(factories.cursor(), old=3, young=2)
    factories.rejected(cursor)
    factories.delivered(cursor, 3)

    found = after(cursor)

    assert found == Ledger(
        accepted=5, delivered=2, rejected=1, pending=2, last_delivered_at=factories.NOW
    )
    assert oldest_retained(cursor.feed) == 4
    assert not AuditEntry.objects.filter(action="events.expired").exists()


def test_queued_events_count_as_expired_and_later_ones_stay_queued():
    cursor = aged(factories.cursor(), old=5, young=2)
    factories.delivered(cursor, 2)

    found = after(cursor)

    assert found == Ledger(
        accepted=7, delivered=2, expired=3, pending=2, last_delivered_at=factories.NOW
    )
    assert (cursor.position, cursor.due_at is None) == (5, False)
    entry = AuditEntry.objects.get(action="events.expired")
    assert entry.workspace == cursor.feed.workspace
    assert (entry.detail["events"], entry.detail["first_seq"]) == (3, 3)


def test_if_everything_expires_nothing_is_left_to_send():
    cursor = aged(factories.cursor(failures=3, failing_since=factories.NOW), old=4)
    Cursor.objects.filter(pk=cursor.pk).update(suspect_seq=3)

    found = after(cursor)

    assert found == Ledger(accepted=4, expired=4)
    assert (cursor.due_at, cursor.failures, cursor.suspect_seq) == (None, 0, None)


def test_events_are_kept_until_the_end_of_their_last_day():
    cursor = aged(factories.cursor(), old=1)

    assert after(cursor, now=OVER.replace(hour=0) - timedelta(seconds=1)).pending == 1
    assert after(cursor, now=OVER.replace(hour=0)).expired == 1


def test_each_stream_has_its_own_retention():
    brief = aged(
        factories.cursor(
            factories.connection(factories.feed(factories.stream(retention_days=14)))
        ),
        old=2,
    )
    usual = aged(factories.cursor(), old=2)

    prune(now=factories.NOW + 15 * DAY)

    assert ledger.of(brief.feed).expired == 2
    assert ledger.of(usual.feed).expired == 0
    # Deleted, not hidden, although the two streams share their partitions on
    # PostgreSQL.
    assert not Event.objects.filter(feed=brief.feed).exists()
    assert Event.objects.filter(feed=usual.feed).count() == 2


def test_a_second_run_changes_nothing():
    cursor = aged(factories.cursor(), old=3, young=1)
    first = after(cursor)

    assert after(cursor) == first
    assert AuditEntry.objects.filter(action="events.expired").count() == 1


def test_events_of_a_workspace_that_never_connected_expire_too():
    feed = factories.feed()
    factories.append(feed, 3)
    factories.append(feed, 2, now=factories.NOW + DAY)

    prune(now=OVER)

    feed.refresh_from_db()
    assert ledger.of(feed) == Ledger(accepted=5, expired=3, held=2)
    assert list(inconsistencies(feed)) == []


def test_a_later_connection_gets_the_retained_events_and_counts_the_expired(
    settings, segment
):
    settings.SANDBOX_URL = segment.url
    feed = factories.feed()
    factories.append(feed, 3)
    factories.append(feed, 2, now=factories.NOW + DAY)
    prune(now=OVER)

    connect(feed=feed, write_key=factories.write_key(), region="sandbox", actor=None)

    assert ledger.of(feed) == Ledger(accepted=5, expired=3, pending=2)
    assert list(inconsistencies(feed)) == []


def test_the_next_connection_takes_over_from_a_deleted_one(settings, segment):
    settings.SANDBOX_URL = segment.url
    cursor = aged(factories.cursor(), old=4, young=2)
    factories.delivered(cursor, 1)
    delete(connection=cursor.connection, actor=None)

    held = after(cursor)
    connect(
        feed=cursor.feed, write_key=factories.write_key(), region="sandbox", actor=None
    )
    found = ledger.of(cursor.feed)

    assert (held.delivered, held.expired, held.held) == (1, 3, 2)
    assert (found.delivered, found.expired, found.pending) == (1, 3, 2)
    assert list(inconsistencies(cursor.feed)) == []


def test_events_left_unsent_by_an_older_connection_count_as_not_sent():
    feed = factories.feed()
    factories.append(feed, 6)
    earlier = factories.cursor(
        factories.connection(feed, deleted_at=factories.NOW), held=True
    )
    factories.delivered(earlier, 2)
    later = factories.cursor(
        factories.connection(feed), start=4, position=4, due_at=factories.NOW
    )

    prune(now=OVER)

    later.refresh_from_db()
    assert (later.position, later.expired) == (6, 2)
    found = ledger.of(feed)
    assert (found.delivered, found.filtered, found.expired) == (2, 2, 2)


def test_expired_events_that_a_replay_had_sent_are_not_counted_as_lost():
    live = aged(factories.cursor(), old=3, young=1)
    factories.delivered(live, 4)
    factories.replay(live)

    found = after(live)

    assert (found.delivered, found.expired) == (4, 0)


@pytest.mark.django_db(transaction=True)
def test_a_replay_skips_events_that_expire_before_their_turn(segment, settings):
    settings.SANDBOX_URL = segment.url
    live = aged(factories.cursor(), old=3, young=1)
    factories.delivered(live, 4)
    replay = factories.replay(live)
    prune(now=OVER)

    drain(live.stream_id, stop=threading.Event(), linger_s=0.0)

    cursor = Cursor.objects.get(pk=replay.pk)
    assert (cursor.delivered, cursor.filtered, cursor.expired) == (1, 0, 3)
    assert cursor.ended_at is not None
    assert len(segment.events()) == 1
    assert list(inconsistencies(live.feed)) == []


@pytest.mark.django_db(transaction=True)
def test_a_drain_continues_after_events_that_expire_while_it_reads(segment, settings):
    settings.SANDBOX_URL = segment.url
    cursor = aged(factories.cursor(), old=3, young=2)
    told = []

    def expire_then(execute, sql, params, many, context):
        answer = execute(sql, params, many, context)
        # The drain has read the cursor and is about to read its events.
        if (
            not told
            and sql.startswith('SELECT "streams_cursor"."id"')
            and "head_at" in sql
        ):
            told.append(sql)
            prune(now=OVER)
        return answer

    with connection.execute_wrapper(expire_then):
        drain(cursor.stream_id, stop=threading.Event(), linger_s=0.0)
    drain(cursor.stream_id, stop=threading.Event(), linger_s=0.0)

    cursor.connection.refresh_from_db()
    assert (len(told), cursor.connection.status) == (1, "active")
    found = ledger.of(cursor.feed)
    assert (found.delivered, found.expired, found.pending) == (2, 3, 0)
    assert list(inconsistencies(cursor.feed)) == []


# --- Warnings ------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "told"), [(23, False), (24, True), (40, True)])
def test_expiring_events_are_reported_a_week_ahead_with_their_time(days, told):
    cursor = aged(factories.cursor(held=True), old=5, young=3)
    factories.delivered(cursor, 2)

    found = expiring_of(cursor.feed, (factories.NOW + days * DAY).replace(hour=0))

    assert bool(found) == told
    if found:
        assert found.first_at == OVER.replace(hour=0)
        assert found.since == factories.NOW
        # A day later, events of that day are about to expire, too.
        assert found.events == (3 if days == 24 else 6)


def test_delivered_events_are_not_reported():
    cursor = aged(factories.cursor(), old=5)
    factories.delivered(cursor, 5)

    assert expiring_of(cursor.feed, OVER) is None
    assert list(expiring_of_all(OVER)) == []


def test_only_feeds_with_old_queued_events_are_reported():
    old, young = aged(factories.cursor(held=True), old=2), factories.cursor()
    factories.append(young.feed, 3, now=OVER - 2 * DAY)
    sent = aged(factories.cursor(), old=2)
    factories.delivered(sent, 2)
    Cursor.objects.filter(pk=sent.pk).update(position_at=factories.NOW)
    factories.append(sent.feed, 1, now=OVER - 2 * DAY)

    [found] = expiring_of_all(OVER - DAY)

    assert (found.feed_id, found.events) == (old.feed_id, 2)


def test_events_without_a_connection_are_reported():
    feed = factories.feed()
    factories.append(feed, 2)

    found = expiring_of(feed, OVER - DAY)

    assert found.events == 2
    assert list(expiring_of_all(OVER - DAY)) == [found]


def test_the_first_event_is_dated_by_its_own_quarter_hour():
    cursor = factories.cursor()
    factories.append(cursor.feed, 2, now=factories.NOW)
    factories.append(cursor.feed, 2, now=factories.NOW + timedelta(minutes=20))
    factories.delivered(cursor, 2)

    found = expiring_of(cursor.feed, OVER)

    assert found.since == factories.NOW + timedelta(minutes=15)
    assert FeedMark.objects.count() == 2
