from __future__ import annotations

import heapq

from hypothesis import given
from hypothesis import strategies as st

from streams.delivery.engine.rate_limit import SlidingWindowLimiter

# For each request: seconds to the receiver, and from there to the response.
NETWORK = st.lists(
    st.tuples(st.floats(0, 2), st.floats(0, 2)), min_size=120, max_size=400
)


def arrivals(
    limiter: SlidingWindowLimiter, network: list[tuple[float, float]]
) -> list[float]:
    """Return when each request of a busy sender reaches the receiver."""
    now, seen = 0.0, []
    under_way: list[float] = []  # when each response arrives
    for there, back in network:
        while (wait := limiter.wait_s(now)) > 0:
            answered = under_way[0] if under_way else float("inf")
            now = min(now + wait, answered)
            while under_way and under_way[0] <= now:
                limiter.settle(heapq.heappop(under_way))
        limiter.take(now)
        seen.append(now + there)
        heapq.heappush(under_way, now + there + back)
    return sorted(seen)


def worst_second(moments: list[float]) -> int:
    """Return the most moments within one window of a second."""
    return max(
        sum(1 for other in moments if first <= other < first + 1.0) for first in moments
    )


@given(NETWORK)
def test_the_receiver_never_counts_more_than_the_limit_on_any_network(network):
    moments = arrivals(SlidingWindowLimiter(50), network)

    assert worst_second(moments) <= 50


def test_a_fast_receiver_gets_nearly_the_whole_limit():
    moments = arrivals(SlidingWindowLimiter(50), [(0.001, 0.001)] * 500)

    assert len([m for m in moments if 2 <= m < 7]) >= 49 * 5


def test_after_a_burst_no_second_is_underused():
    moments = arrivals(SlidingWindowLimiter(50), [(0.001, 0.002)] * 500)

    counts = [len([m for m in moments if n <= m < n + 1]) for n in range(1, 9)]
    assert min(counts) >= 45


def test_one_request_after_idling_does_not_wait():
    limiter = SlidingWindowLimiter(50)

    assert limiter.wait_s(now=100.0) == 0


def test_with_every_slot_in_use_the_next_time_is_unknown():
    limiter = SlidingWindowLimiter(2, spread_s=0)
    limiter.take(now=0.0)
    limiter.take(now=0.0)

    assert limiter.wait_s(now=5.0) == float("inf")


def test_the_window_is_empty_once_the_last_response_is_a_second_old():
    limiter = SlidingWindowLimiter(50, slack_s=0)
    limiter.take(now=0.0)

    limiter.settle(now=0.5)

    assert (limiter.free_in_s(now=1.0), limiter.free_in_s(now=1.5)) == (0.5, 0.0)


def test_a_larger_limit_is_spent_as_evenly():
    moments = arrivals(SlidingWindowLimiter(500), [(0.001, 0.002)] * 3_000)

    assert worst_second(moments) <= 500
    assert len([m for m in moments if 2 <= m < 5]) >= 490 * 3


def test_at_segments_limit_a_burst_leaves_one_request_at_a_time():
    limiter = SlidingWindowLimiter(50)

    assert limiter.room(10.0) == 1
    limiter.take(10.0)
    assert limiter.room(10.0) == 0


def test_at_a_high_limit_several_leave_together_but_never_more_than_it():
    limiter = SlidingWindowLimiter(1_000)
    assert limiter.room(10.0) == 6  # in a millisecond of the 200 of the spread

    for n in range(998):
        limiter.take(10.0 + n * 0.001)

    assert limiter.room(11.0) == 2
