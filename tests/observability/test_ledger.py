from __future__ import annotations

import itertools

import pytest

from streams.delivery.models import Cursor
from streams.observability import ledger
from streams.observability.ledger import Ledger, RejectionCount, balance
from tests import factories


def cursor(*, rejected_again=0, recovered_again=0, **fields):
    """`rejected_again` of its rejections are outside the range that it accounts for, and
    `recovered_again` of them were recovered."""
    made = Cursor(**{"pk": next(numbers), "start": 0, "position": 0, **fields})
    again[made.pk] = RejectionCount(rejected_again, recovered_again)
    return made


numbers, again = itertools.count(1), {}


@pytest.mark.parametrize(
    ("head", "cursors", "expected"),
    [
        (0, [], Ledger(accepted=0)),
        (5, [], Ledger(accepted=5, held=5)),
        (5, [cursor()], Ledger(accepted=5, pending=5)),
        (5, [cursor(held=True)], Ledger(accepted=5, held=5)),
        (
            9,
            [cursor(position=6, rejected=1, filtered=2)],
            Ledger(accepted=9, delivered=3, rejected=1, filtered=2, pending=3),
        ),
        (
            9,
            [cursor(position=6, rejected=1, expired=2)],
            Ledger(accepted=9, delivered=3, rejected=1, expired=2, pending=3),
        ),
        # A replay delivered two of three rejected events.
        (
            9,
            [cursor(position=6, rejected=3, recovered=2)],
            Ledger(accepted=9, delivered=3, recovered=2, rejected=1, pending=3),
        ),
        # It starts with the events from then on.
        (
            9,
            [cursor(start=4, position=6)],
            Ledger(accepted=9, delivered=2, filtered=4, pending=3),
        ),
        # A connection was deleted, and the next one continues where it ended.
        (
            9,
            [cursor(start=4, position=6), cursor(position=4, rejected=1, held=True)],
            Ledger(accepted=9, delivered=5, rejected=1, pending=3),
        ),
        # … which had lost events to retention,
        (
            9,
            [cursor(start=4, position=6), cursor(position=4, expired=3, held=True)],
            Ledger(accepted=9, delivered=3, expired=3, pending=3),
        ),
        # … or starts later,
        (
            9,
            [cursor(start=6, position=7), cursor(position=4, held=True)],
            Ledger(accepted=9, delivered=5, filtered=2, pending=2),
        ),
        # … or earlier, because a request was in progress when the old one was deleted,
        (
            9,
            [cursor(start=4, position=7), cursor(position=6, held=True)],
            Ledger(accepted=9, delivered=7, pending=2),
        ),
        (
            9,
            [
                cursor(position=6),
                cursor(position=2, rejected=2, rejected_again=2, held=True),
            ],
            Ledger(accepted=9, delivered=6, pending=3),
        ),
        (
            9,
            [
                cursor(start=2, position=6),
                cursor(position=4, rejected=3, rejected_again=1, held=True),
            ],
            Ledger(accepted=9, delivered=4, rejected=2, pending=3),
        ),
        # … or sends everything again: then its own results count, and only once.
        (
            9,
            [cursor(position=2), cursor(position=4, rejected=1, held=True)],
            Ledger(accepted=9, delivered=2, pending=7),
        ),
        # … or much of it again, of which some was rejected.
        (
            9,
            [
                cursor(start=3, position=5),
                cursor(position=8, rejected=4, rejected_again=3, held=True),
            ],
            Ledger(accepted=9, delivered=4, rejected=1, pending=4),
        ),
        # … and some was recovered before: it counts as recovered where it is not sent again.
        (
            9,
            [
                cursor(start=3, position=5),
                cursor(
                    position=8,
                    rejected=5,
                    recovered=3,
                    rejected_again=3,
                    recovered_again=2,
                    held=True,
                ),
            ],
            Ledger(accepted=9, delivered=3, recovered=1, rejected=1, pending=4),
        ),
        # Its rejections were deleted with their events, so they count as delivered.
        (
            9,
            [
                cursor(start=3, position=5),
                cursor(position=8, rejected=4, recovered=4, held=True),
            ],
            Ledger(accepted=9, delivered=2, recovered=3, pending=4),
        ),
    ],
)
def test_the_ledger_adds_up(head, cursors, expected):
    found = balance(head, cursors, rejected_again=again)

    assert found == expected
    assert found.accepted == (
        found.delivered + found.recovered + found.rejected + found.filtered + found.expired
        + found.pending + found.held
    )  # fmt: skip


def test_without_a_connection_expired_events_are_not_held():
    assert balance(5, [], expired=2) == Ledger(accepted=5, expired=2, held=3)


def test_events_that_expired_before_the_first_connection_do_not_count_as_skipped():
    begun_later = cursor(start=4, position=5, expired=1)

    assert balance(9, [begun_later], expired=3) == Ledger(
        accepted=9, filtered=1, expired=4, pending=4
    )


@pytest.mark.django_db
def test_a_feed_has_the_ledger_of_its_cursor():
    cursor = factories.due_cursor(events=4)
    factories.delivered(cursor, 2)
    factories.rejected(cursor)

    assert ledger.of(cursor.feed) == Ledger(
        accepted=4, delivered=2, rejected=1, pending=1, last_delivered_at=factories.NOW
    )


@pytest.mark.django_db
def test_a_replay_does_not_count_twice():
    live = factories.due_cursor(events=2)
    factories.delivered(live, 2)
    factories.replay(live, position=1)

    assert ledger.of(live.feed).delivered == 2


@pytest.mark.django_db
def test_events_sent_again_by_a_later_connection_count_there_and_once():
    feed = factories.feed()
    earlier = factories.due_cursor(
        6, factories.connection(feed, deleted_at=factories.NOW)
    )
    factories.rejected(earlier)
    factories.delivered(earlier, 4)
    factories.rejected(earlier)
    later = factories.cursor(
        factories.connection(feed), start=3, position=3, due_at=factories.NOW
    )
    factories.delivered(later, 4)

    assert ledger.of(feed) == Ledger(
        accepted=6, delivered=3, rejected=1, pending=2, last_delivered_at=factories.NOW
    )


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_the_ledgers_of_many_feeds_take_two_queries(count, django_assert_num_queries):
    feeds = [factories.due_cursor(events=n).feed for n in range(1, count + 1)]

    with django_assert_num_queries(2):
        found = ledger.of_each([feed.pk for feed in feeds])

    assert [found[feed.pk].pending for feed in feeds] == list(range(1, count + 1))
