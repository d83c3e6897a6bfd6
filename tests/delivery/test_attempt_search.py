from __future__ import annotations

from datetime import timedelta

import pytest

from streams.delivery.attempts import error_groups as grouping
from streams.delivery.attempts import search
from streams.delivery.attempts.contents import body_of, events_of, tries_of
from streams.delivery.attempts.error_groups import error_groups
from streams.delivery.attempts.filter import AttemptFilter
from streams.delivery.attempts.search import neighbors, page
from streams.delivery.models import Delivery
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

OUTCOMES = Delivery.Outcome


@pytest.fixture
def cursor():
    return factories.due_cursor(events=5)


@pytest.fixture
def several(cursor):
    """One attempt an hour, the oldest first: (outcome, status, duration)."""
    results = [
        (OUTCOMES.RETRY, None, 15_000),
        (OUTCOMES.RETRY, 503, 40),
        (OUTCOMES.SPLIT, 400, 50),
        (OUTCOMES.REJECTED, 413, 60),
        (OUTCOMES.DELIVERED, 200, 900),
    ]
    return [
        factories.delivery(
            cursor,
            1,
            2,
            outcome=outcome,
            status_code=status,
            duration_ms=duration,
            error="" if status == 200 else f"Segment returned {status}.",
            started_at=NOW + timedelta(hours=number),
        )
        for number, (outcome, status, duration) in enumerate(results)
    ]


def hour(number: float):
    return NOW + timedelta(hours=number)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, [4, 3, 2, 1, 0]),
        ({"outcome": "retry"}, [1, 0]),
        ({"status": "503"}, [1]),
        ({"status": "none"}, [0]),
        ({"status": "4xx"}, [3, 2]),
        ({"status": "5xx"}, [1]),
        ({"status": "teapot"}, [4, 3, 2, 1, 0]),
        ({"min_ms": 900}, [4, 0]),
        ({"error": "Segment returned 400."}, [2]),
        ({"since": hour(3)}, [4, 3]),
        ({"until": hour(3)}, [2, 1, 0]),
        ({"since": hour(1), "until": hour(2)}, [1]),
        ({"outcome": "retry", "status": "none", "since": hour(1)}, []),
    ],
)
def test_attempts_are_filtered_by_outcome_status_duration_and_time(
    several, cursor, wanted, expected
):
    found = page(cursor.connection, wanted=AttemptFilter(**wanted))

    assert found.deliveries == [several[number] for number in expected]
    assert found.next_before is None


def test_attempts_come_in_pages_newest_first(cursor):
    made = [factories.delivery(cursor, seq, seq) for seq in (1, 2, 3)]
    factories.delivery(factories.due_cursor(events=1), 1, 1)
    wanted = AttemptFilter()

    first = page(cursor.connection, wanted=wanted, limit=2)
    second = page(cursor.connection, before=first.next_before, wanted=wanted, limit=2)

    assert first.deliveries == [made[2], made[1]]
    assert (second.deliveries, second.next_before) == ([made[0]], None)


def test_a_search_is_bounded_by_rows_and_says_how_far_it_got(
    monkeypatch, several, cursor
):
    monkeypatch.setattr(search, "SCAN", 2)
    wanted = AttemptFilter(outcome="retry")

    first = page(cursor.connection, wanted=wanted)
    second = page(cursor.connection, before=first.next_before, wanted=wanted)

    assert (first.deliveries, first.searched_to) == ([], several[2].started_at)
    assert second.deliveries == [several[1], several[0]]
    assert (second.next_before, second.searched_to) == (None, None)


def test_a_search_ends_at_the_start_of_its_time_range(monkeypatch, several, cursor):
    monkeypatch.setattr(search, "SCAN", 1)

    found = page(cursor.connection, wanted=AttemptFilter(since=hour(3.5)))

    assert (found.deliveries, found.next_before) == ([several[4]], None)


def test_an_old_time_range_is_found_without_a_scan(monkeypatch, cursor):
    monkeypatch.setattr(search, "SCAN", 1)
    monkeypatch.setattr(search, "CLOSE", 1)
    made = [factories.delivery(cursor, 1, 1, started_at=hour(n)) for n in range(9)]

    found = page(cursor.connection, wanted=AttemptFilter(until=hour(2.5)))

    assert found.deliveries == [made[2]]


def test_neighbors_follow_the_filter(several):
    wanted = AttemptFilter(status="4xx")

    newer, older = neighbors(several[2], wanted)

    assert (newer, older) == (several[3], None)


def test_the_attempts_of_a_batch_have_the_waits_between_them(cursor):
    later = {"started_at": NOW + timedelta(seconds=10), "outcome": OUTCOMES.DELIVERED}
    first = factories.delivery(cursor, 1, 3, outcome=OUTCOMES.RETRY, duration_ms=2000)
    second = factories.delivery(cursor, 1, 5, **later)
    factories.delivery(cursor, 2, 3)

    found = tries_of(second)

    assert [(one.attempt, one.waited_s) for one in found] == [
        (first, None),
        (second, 8),
    ]


def test_the_body_of_an_attempt_has_its_events(cursor):
    attempt = factories.delivery(cursor, 2, 3)
    [first, second] = [bytes(event.payload) for event in events_of(attempt)]

    assert body_of(attempt) == (
        b'{"batch":[%b,%b],"sentAt":"2026-03-02T10:00:00.000Z"}' % (first, second)
    )


def test_the_body_is_gone_with_its_events(cursor):
    attempt = factories.delivery(cursor, 2, 3)
    factories.expired(cursor.feed, 2)
    attempt.cursor.feed.refresh_from_db()

    assert body_of(attempt) is None


def test_errors_are_grouped_by_fault_with_each_event_once(cursor):
    failed = {
        "outcome": OUTCOMES.RETRY,
        "status_code": 503,
        "error": "Segment returned 503.",
    }
    factories.delivery(cursor, 1, 3, **failed)
    factories.delivery(cursor, 1, 4, started_at=hour(1), **failed)
    factories.delivery(cursor, 5, 5, outcome=OUTCOMES.REJECTED, status_code=400,
                       error="Segment returned 400.", answer='{"message":"Too large."}')  # fmt: skip
    factories.delivery(cursor, 1, 4)

    found = error_groups(cursor.connection, since=NOW).groups

    assert [(g.error, g.attempts, g.events, g.messages) for g in found] == [
        ("Segment returned 503.", 2, 4, []),
        ("Segment returned 400.", 1, 1, ["Too large."]),
    ]
    assert (found[0].first_at, found[0].last_at) == (NOW, hour(1))


def test_groups_count_no_more_attempts_than_their_bound(monkeypatch, several, cursor):
    monkeypatch.setattr(grouping, "SCAN", 2)

    found = error_groups(cursor.connection, since=NOW)

    assert sum(group.attempts for group in found.groups) == 2
    assert found.searched_to == several[2].started_at
