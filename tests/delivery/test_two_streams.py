"""Two partners' streams on one worker process do not feel each other: counted at the
receiver, in requests of the one that come before an event of the other."""

from __future__ import annotations

import pytest

from streams.base.clock import now
from streams.connections.models import Connection
from streams.delivery.models import Cursor
from tests import factories
from tests.delivery.working import big, requests_until_sent
from tests.running import until

pytestmark = [pytest.mark.processes]

NOISY, QUIET = 5, 10  # requests a second: of each stream's budget
HANGING, EVENTS = 3, 8


@pytest.fixture
def noisy(portal, far_segment):
    """A stream whose backlogs last for longer than a test, and to which Segment hangs or says 429;
    a worker is at it."""
    stream = factories.stream(requests_per_second=NOISY)
    troubles = [{"hang_s": 5}] * HANGING + [{"status": 429}]
    keys = [factories.write_key() for _ in troubles]
    for key in keys:
        cursor = factories.cursor(
            factories.connection(factories.feed(stream), write_key=key)
        )
        factories.append(cursor.feed, 1, now=now())  # else beat would have it expire
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
    """Another partner's stream, of which nothing is wrong."""
    stream = factories.stream(requests_per_second=QUIET)
    assert stream.partner != noisy.partner
    return stream


def test_an_event_comes_as_if_the_other_stream_were_not_there(
    far_segment, noisy, quiet
):
    first, *others = [
        factories.cursor(factories.connection(factories.feed(quiet)))
        for _ in range(1 + EVENTS)
    ]

    # The first wakes the worker; the others find it there, as those of a stream alone.
    woken_after = requests_until_sent(far_segment, first)
    overtaken_by = [requests_until_sent(far_segment, cursor) for cursor in others]

    assert Cursor.objects.filter(stream=noisy, due_at__isnull=False).exists()
    # Beat looks once a second, and what a second of the other stream is we know.
    assert woken_after <= 4 * NOISY
    assert sorted(overtaken_by)[EVENTS // 2] <= NOISY
    assert max(overtaken_by) <= 2 * NOISY


def test_each_stream_has_its_own_budget(far_segment, noisy, quiet):
    wanted = 4 * QUIET
    big(quiet, requests=wanted)

    until(lambda: len(arrivals(far_segment, quiet)) >= wanted)

    of_noisy = worst_second(arrivals(far_segment, noisy))
    of_quiet = worst_second(arrivals(far_segment, quiet))
    # With one budget for both, what the one has would be gone for the other.
    assert QUIET - NOISY < of_quiet <= QUIET
    assert 0 < of_noisy <= NOISY


def arrivals(segment, stream) -> list[float]:
    """When each request of a stream came, in seconds."""
    connections = Connection.objects.filter(feed__stream=stream)
    ends = set(connections.values_list("key_last4", flat=True))
    calls = segment.requests
    return [c["arrived_s"] for c in calls if c["write_key"][-4:] in ends]


def worst_second(arrived: list[float]) -> int:
    """The most in any sliding second."""
    return max(sum(a <= b < a + 1 for b in arrived) for a in arrived)
