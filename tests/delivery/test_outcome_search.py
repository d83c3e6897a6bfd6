from __future__ import annotations

import random

import pytest

from streams.connections.models import Connection
from streams.delivery.connection.skipping import skip
from streams.delivery.event_status import EventState, statuses
from streams.delivery.models import Cursor, Rejection
from streams.delivery.outcome_search import EventOutcome, spans_of
from streams.delivery.retention.expiry import expire, expired_ranges
from streams.events.models import Event
from streams.events.search.event_filter import EventFilter
from streams.events.search.scan import page
from tests import factories

pytestmark = pytest.mark.django_db

OUTCOMES = {
    EventState.PENDING: EventOutcome.QUEUED,
    EventState.HELD: EventOutcome.QUEUED,
    EventState.DELIVERED: EventOutcome.DELIVERED,
    EventState.REJECTED: EventOutcome.REJECTED,
    EventState.RECOVERED: EventOutcome.RECOVERED,
    EventState.FILTERED: EventOutcome.SKIPPED,
}


def found(feed, outcome, **filters):
    spans = spans_of(feed, outcome)
    events = page(feed, spans=spans, filters=EventFilter(**filters), budget_s=60).events
    return [event.seq for event in events]


def by_outcome(feed):
    """Return the numbers of all events by outcome, as the list of events shows them."""
    states = statuses(feed, list(Event.objects.filter(feed=feed)))
    numbers = {outcome: [] for outcome in set(OUTCOMES.values())}
    for seq, status in sorted(states.items(), reverse=True):
        if seq > feed.expired_seq:
            numbers[OUTCOMES[status.state]].append(seq)
    return numbers


def test_events_are_found_by_their_outcome():
    cursor = factories.due_cursor(events=5)
    factories.delivered(cursor, 2)
    factories.rejected(cursor)

    assert {outcome: found(cursor.feed, outcome) for outcome in EventOutcome} == {
        EventOutcome.QUEUED: [5, 4],
        EventOutcome.DELIVERED: [2, 1],
        EventOutcome.REJECTED: [3],
        EventOutcome.RECOVERED: [],
        EventOutcome.SKIPPED: [],
        EventOutcome.EXPIRED: [],
        EventOutcome.QUARANTINED: [],
    }


@pytest.mark.parametrize("seed", range(12))
def test_each_event_is_found_by_its_status_and_no_other(seed):
    """For any history of connections: deleted, starting late, or sending events again."""
    chance = random.Random(seed)
    feed = factories.feed()
    factories.append(feed, 20)
    for number in range(chance.randint(0, 3)):
        start = chance.randint(0, 20)
        cursor = factories.cursor(
            factories.connection(feed, deleted_at=factories.NOW),
            start=start,
            position=chance.randint(start, 20),
            held=bool(number % 2),
        )
        factories.replay(cursor, ended_at=factories.NOW, due_at=None)
        for seq in range(start + 1, cursor.position + 1):
            if chance.random() < 0.4:
                by = chance.choice(
                    [
                        None,
                        Cursor.objects.get(kind="replay", connection=cursor.connection),
                    ]
                )
                Rejection.objects.create(
                    connection=cursor.connection, cursor=cursor, seq=seq, reason="Bad",
                    recovered_by=by, recovered_at=by and factories.NOW,
                )  # fmt: skip
        if cursor.position < 20 and chance.random() < 0.5:
            skip_up_to(chance.randint(cursor.position + 1, 20), cursor.connection)
    feed.expired_seq = chance.choice([0, 4])

    expected = by_outcome(feed)

    assert {outcome: found(feed, outcome) for outcome in expected} == expected


def skip_up_to(seq, connection):
    """Skip events of a connection before it was deleted."""
    of_it = Connection.objects.filter(pk=connection.pk)
    of_it.update(deleted_at=None)
    skip(connection=connection, up_to=seq, actor=None)
    of_it.update(deleted_at=factories.NOW)


def test_rejected_events_are_found_without_reading_the_others(
    django_assert_max_num_queries, monkeypatch
):
    monkeypatch.setattr("streams.events.search.scan.FIRST_WINDOW", 2)
    cursor = factories.due_cursor(events=30)
    factories.rejected(cursor)
    factories.delivered(cursor, 30)
    spans = spans_of(cursor.feed, EventOutcome.REJECTED)

    with django_assert_max_num_queries(3):
        rows = page(cursor.feed, spans=spans, budget_s=0).events

    assert [event.seq for event in rows] == [1]


def test_a_status_is_combined_with_the_other_filters(monkeypatch):
    monkeypatch.setattr("streams.delivery.outcome_search.PICKED", 2)
    cursor = factories.cursor()
    for name in ("Opened", "Bounced", "Opened", "Bounced", "Bounced"):
        factories.append(cursor.feed, 1, event=name)
    for _ in range(5):
        factories.rejected(cursor)

    assert found(cursor.feed, EventOutcome.REJECTED, name="Opened") == [3, 1]


def test_events_that_expired_unsent_are_listed_from_the_activity_log():
    cursor = factories.due_cursor(events=3)
    other = factories.due_cursor(events=1).feed
    factories.delivered(cursor, 1)
    expire([cursor.feed_id, other.pk], cutoff=factories.NOW.replace(day=20))

    [lost] = expired_ranges(cursor.feed, since=None, until=None)
    later = expired_ranges(cursor.feed, since=lost.at, until=lost.at)

    assert (lost.first_seq, lost.last_seq, lost.events, later) == (2, 3, 2, [])
