from __future__ import annotations

from datetime import timedelta

import pytest

from streams.delivery import event_status
from streams.delivery.event_status import (
    EventState,
    EventStatus,
    attempts_with,
    statuses,
)
from streams.delivery.models import Delivery
from streams.events.models import Event
from tests import factories

pytestmark = pytest.mark.django_db


def states(feed):
    """Return the state of each event of the feed, by number."""
    found = statuses(feed, list(Event.objects.filter(feed=feed)))
    return {seq: str(fate.state) for seq, fate in sorted(found.items())}


def test_events_before_the_cursor_are_delivered_and_later_ones_queued():
    cursor = factories.due_cursor(events=3)
    taken = factories.delivered(cursor, 2)

    found = statuses(cursor.feed, list(Event.objects.filter(feed=cursor.feed)))

    whose = cursor.connection_id
    sent = EventStatus(
        state=EventState.DELIVERED, connection_id=whose, delivery_id=taken.pk
    )
    assert found == {
        1: sent,
        2: sent,
        3: EventStatus(state=EventState.PENDING, connection_id=whose),
    }


def test_a_rejected_event_says_why():
    cursor = factories.due_cursor(events=2)
    factories.rejected(cursor, reason="Segment answered 400.")
    taken = factories.delivered(cursor, 2)

    found = statuses(cursor.feed, list(Event.objects.filter(feed=cursor.feed)))

    assert (found[1].state, found[1].reason) == (
        EventState.REJECTED,
        "Segment answered 400.",
    )
    assert (found[2].state, found[2].delivery_id) == (EventState.DELIVERED, taken.pk)


def test_each_event_names_the_attempt_that_delivered_it_and_no_earlier_one():
    cursor = factories.due_cursor(events=4)
    factories.delivery(cursor, 1, 4, outcome=Delivery.Outcome.RETRY, status_code=503)
    first, second = factories.delivered(cursor, 2), factories.delivered(cursor, 4)

    found = statuses(cursor.feed, list(Event.objects.filter(feed=cursor.feed)))

    assert [found[seq].delivery_id for seq in (1, 2, 3, 4)] == [
        first.pk, first.pk, second.pk, second.pk,
    ]  # fmt: skip


def test_events_of_a_held_cursor_are_held():
    cursor = factories.due_cursor(events=2)
    factories.delivered(cursor, 1)
    cursor.held = True
    cursor.save()

    assert states(cursor.feed) == {1: "delivered", 2: "held"}


def test_events_without_a_connection_are_held():
    feed = factories.feed()
    factories.append(feed, 1)

    assert states(feed) == {1: "held"}


def test_events_of_a_deleted_connection_keep_their_state():
    feed = factories.feed()
    old = factories.cursor(
        factories.connection(feed, deleted_at=factories.NOW), held=True
    )
    factories.append(feed, 3)
    factories.delivered(old, 2)
    factories.cursor(
        factories.connection(feed), start=2, position=2, due_at=factories.NOW
    )

    assert states(feed) == {1: "delivered", 2: "delivered", 3: "pending"}


def test_events_before_the_start_of_the_first_connection_were_not_sent():
    feed = factories.feed()
    factories.append(feed, 2)
    factories.cursor(
        factories.connection(feed), start=1, position=1, due_at=factories.NOW
    )

    assert states(feed) == {1: "filtered", 2: "pending"}


@pytest.mark.parametrize("count", [1, 3])
def test_states_take_three_queries(count, django_assert_num_queries):
    cursor = factories.due_cursor(events=count)
    for seq in range(1, count + 1):
        factories.delivered(cursor, seq)
    events = list(Event.objects.filter(feed=cursor.feed))

    with django_assert_num_queries(3):
        found = statuses(cursor.feed, events)

    assert len({fate.delivery_id for fate in found.values()}) == count


def test_every_attempt_that_carried_an_event_is_listed_newest_first():
    cursor = factories.due_cursor(events=4)
    retry = factories.delivery(
        cursor, 1, 4, outcome=Delivery.Outcome.RETRY, status_code=503
    )
    split = factories.delivery(
        cursor, 1, 4, outcome=Delivery.Outcome.SPLIT, status_code=400
    )
    factories.delivered(cursor, 2)
    taken = factories.delivered(cursor, 4)

    assert attempts_with(cursor.feed, 3) == [taken, split, retry]


def test_an_attempt_is_found_even_if_two_clocks_differ():
    cursor = factories.due_cursor(events=1)
    taken = factories.delivered(cursor, 1, now=factories.NOW - timedelta(seconds=30))

    [fate] = statuses(
        cursor.feed, list(Event.objects.filter(feed=cursor.feed))
    ).values()

    assert fate.delivery_id == taken.pk


def test_the_list_of_attempts_of_one_event_is_bounded(monkeypatch):
    monkeypatch.setattr(event_status, "ATTEMPTS_SHOWN", 2)
    cursor = factories.due_cursor(events=1)
    tries = [
        factories.delivery(cursor, 1, 1, outcome=Delivery.Outcome.RETRY)
        for _ in range(3)
    ]

    assert attempts_with(cursor.feed, 1) == [tries[2], tries[1]]
