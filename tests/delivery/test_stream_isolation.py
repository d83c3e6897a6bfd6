"""Two partners' streams on one worker process do not affect each other.

Counted at the receiver: requests of one stream before an event of the other.
"""

from __future__ import annotations

import pytest

from streams.base.clock import now
from streams.connections.models import Connection
from streams.delivery.models import Cursor
from tests import factories
from tests.delivery.background_drain import big, requests_until_sent
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]

NOISY, QUIET = 5, 10  # requests per second, the rate limit of each stream
HANGING, EVENTS = 3, 8


@pytest.fixture
def noisy(portal, far_segment):
    """A stream with backlogs that outlast the test; Segment hangs or returns 429.

    A worker is sending it.
    """
    stream = factories.stream(requests_per_second=NOISY)
    troubles = [{"hang_s": 5}] * HANGING + [{"status": 429}]
    keys = [factories.write_key() for _ in troubles]
    for key in keys:
        cursor = factories.cursor(
            factories.connection(factories.feed(stream), write_key=key)
        )
        factories.append(cursor.feed, 1, now=now())  # otherwise beat would expire it
    far_segment.behave(
        *(
            {"write_key": key, "answers": [], "then": trouble}
            for key, trouble in zip(keys, troubles, strict=True)
        )
    )
    for _ in range(2):
        big(stream, requests=20 * NOISY)
    portal.worker(SEGMENT_TIMEOUT_S="1")
    portal.beat()
    until(lambda: len(arrivals(far_segment, stream)) > 2 * NOISY)
    return stream


@pytest.fixture
def quiet(noisy):
    """Another partner's stream, with nothing wrong."""
    stream = factories.stream(requests_per_second=QUIET)
    assert stream.partner != noisy.partner
    return stream


def test_an_event_arrives_as_if_the_other_stream_did_not_exist(
    far_segment, noisy, quiet
):
    first, *others = [
        factories.cursor(factories.connection(factories.feed(quiet)))
        for _ in range(1 + EVENTS)
    ]

    # The first event wakes the worker; the later ones find it awake, as in a stream
    # alone.
    woken_after = requests_until_sent(far_segment, first)
    overtaken_by = [requests_until_sent(far_segment, cursor) for cursor in others]

    assert Cursor.objects.filter(stream=noisy, due_at__isnull=False).exists()
    # Beat runs once a second, and the other stream sends a known number in a second.
    assert woken_after <= 4 * NOISY
    assert sorted(overtaken_by)[EVENTS // 2] <= NOISY
    assert max(overtaken_by) <= 2 * NOISY


def test_each_stream_has_its_own_rate_limit(far_segment, noisy, quiet):
    wanted = 4 * QUIET
    big(quiet, requests=wanted)

    until(lambda: len(arrivals(far_segment, quiet)) >= wanted)

    of_noisy = worst_second(arrivals(far_segment, noisy))
    of_quiet = worst_second(arrivals(far_segment, quiet))
    # With a shared limit, one stream's requests would reduce the other's.
    assert QUIET - NOISY < of_quiet <= QUIET
    assert 0 < of_noisy <= NOISY


def arrivals(segment, stream) -> list[float]:
    """Return when each request of a stream arrived, in seconds."""
    connections = Connection.objects.filter(feed__stream=stream)
    ends = set(connections.values_list("key_last4", flat=True))
    calls = segment.requests
    return [c["arrived_s"] for c in calls if c["write_key"][-4:] in ends]


def worst_second(arrived: list[float]) -> int:
    """Return the most requests in any sliding second."""
    return max(sum(a <= b < a + 1 for b in arrived) for a in arrived)
