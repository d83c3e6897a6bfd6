"""The statistics of the benchmark."""

from __future__ import annotations

import pytest

from bench.measure.statistics import median, percentile


@pytest.mark.parametrize(
    ("values", "middle"), [([3], 3), ([3, 1, 2], 2), ([4, 1, 2, 3], 2.5)]
)
def test_the_median_is_the_middle_value_or_the_mean_of_the_middle_two(values, middle):
    assert median(values) == middle


@pytest.mark.parametrize(
    ("share", "value"), [(0.0, 1), (0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100)]
)
def test_a_percentile_is_a_measured_value(share, value):
    assert percentile(range(100, 0, -1), share) == value


@pytest.mark.parametrize("of_nothing", [median, lambda v: percentile(v, 0.5)])
def test_an_empty_list_has_no_median(of_nothing):
    with pytest.raises(ValueError, match="nothing"):
        of_nothing([])
