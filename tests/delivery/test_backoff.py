from __future__ import annotations

from datetime import timedelta

import pytest

from streams.delivery.segment.backoff import Backoff


@pytest.mark.parametrize(
    ("failures", "longest_s"), [(1, 2), (2, 4), (5, 32), (12, 3600), (1000, 3600)]
)
def test_waits_double_up_to_an_hour(failures, longest_s):
    wait = Backoff().wait_after(failures, chance=1.0)

    assert wait == timedelta(seconds=longest_s)


def test_full_jitter_takes_any_part_of_the_wait():
    assert Backoff().wait_after(5, chance=0.25) == timedelta(seconds=8)


def test_no_wait_is_shorter_than_half_a_second():
    assert Backoff().wait_after(1, chance=0.0) == timedelta(seconds=0.5)
