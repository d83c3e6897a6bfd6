"""Other customers delay a customer by no more than one turn.

Counted in requests at the receiver, so that it holds on a machine of any speed.
"""

from __future__ import annotations

import pytest

from streams.delivery.models import Cursor
from tests import factories
from tests.delivery.background_drain import at_work, big, requests_until_sent
from tests.portal_processes import until

pytestmark = pytest.mark.django_db(transaction=True)

# Eight backlogs exceed the rate limit: the order of turns decides who is served.
BUDGET, BACKLOGS, SMALL = 10, 8, 10


@pytest.fixture(autouse=True)
def _sandbox_region(settings, segment):
    settings.SANDBOX_URL = segment.url
    settings.SEGMENT_TIMEOUT_S = 1.0


def test_a_small_customer_is_served_at_once_whatever_the_others_send(segment):
    stream = factories.stream(requests_per_second=BUDGET)
    backlogs = [big(stream, requests=10) for _ in range(BACKLOGS)]
    troubles = {
        "hangs": {"hang_s": 5},
        "refuses": {"status": 429},
        "slow": {"delay_s": 5},
    }
    keys = {name: factories.write_key() for name in troubles}
    for key in keys.values():
        factories.due_cursor(
            1, factories.connection(factories.feed(stream), write_key=key)
        )
    segment.behave(
        *(
            {"write_key": keys[name], "answers": [], "then": then}
            for name, then in troubles.items()
        ),
    )
    small = [
        factories.cursor(factories.connection(factories.feed(stream)))
        for _ in range(SMALL)
    ]

    with at_work(stream):
        until(lambda: segment.stats()["requests"] >= BUDGET)
        overtaken_by = [requests_until_sent(segment, cursor) for cursor in small]
        over = Cursor.objects.filter(pk__in=[b.pk for b in backlogs], due_at=None)

        assert not over.exists(), "a backlog was over before they were served"
    # Requests in progress or already read when the event came, and no round of the
    # backlogs.
    assert sorted(overtaken_by)[SMALL // 2] <= BACKLOGS // 2
    assert max(overtaken_by) <= BUDGET
