"""What others do costs a customer no more than its turn: counted in requests, at the
receiver, so that it holds on a machine of any speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import make
from tests.delivery.working import at_work
from tests.running import until

if TYPE_CHECKING:
    from streams.delivery.models import Cursor

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = 20
BACKLOG_KEY = make.write_key()


@pytest.fixture(autouse=True)
def _sandbox_region(settings, segment):
    settings.SANDBOX_URL = segment.url
    settings.SEGMENT_TIMEOUT_S = 1.0


def big(stream, *, requests: int) -> Cursor:
    """A backlog that takes so many full requests."""
    cursor = make.cursor(make.connection(make.feed(stream), write_key=BACKLOG_KEY))
    padding = {"properties": {"padding": "x" * 19_000}}  # 25 events fill a request
    make.append(cursor.feed, 25 * requests, **padding)
    return cursor


def test_a_small_customer_is_served_at_once_whatever_the_others_do(segment):
    stream = make.stream()
    backlog = big(stream, requests=100)
    troubles = {
        "hangs": {"hang_s": 5},
        "refuses": {"status": 429},
        "slow": {"delay_s": 5},
    }
    keys = {name: make.write_key() for name in troubles}
    for key in keys.values():
        make.due_cursor(1, make.connection(make.feed(stream), write_key=key))
    segment.behave(
        # So that it lasts until all of the small ones were served.
        {
            "write_key": BACKLOG_KEY,
            "answers": [],
            "then": {"delay_s": 0.1, "take": True},
        },
        *(
            {"write_key": keys[name], "answers": [], "then": then}
            for name, then in troubles.items()
        ),
    )
    small = [make.cursor(make.connection(make.feed(stream))) for _ in range(SMALL)]

    with at_work(stream):
        until(lambda: segment.stats()["requests"] >= 10)
        overtaken_by = [requests_until_sent(segment, cursor) for cursor in small]
        backlog.refresh_from_db()
        still_waiting = backlog.due_at is not None

    assert still_waiting, "the backlog was over before the small customers were served"
    # What was under way or read when the event came, and no round of the backlog's.
    assert sorted(overtaken_by)[SMALL // 2] <= 3
    assert max(overtaken_by) <= 10


def requests_until_sent(segment, cursor: Cursor) -> int:
    """Append an event; how many requests of others came before the one that held it."""
    before = segment.stats()["requests"]
    make.append(cursor.feed, 1)
    key = cursor.connection.key_last4

    def sent() -> list[int]:
        calls = enumerate(segment.requests)
        return [n for n, call in calls if call["write_key"].endswith(key)]

    until(sent)
    return sent()[0] - before
