from __future__ import annotations

from types import SimpleNamespace

import pytest

from streams.events.name_estimates import NameEstimate
from streams.portal.workspace.issue_shares import NameEstimates, Shares

ALL = NameEstimate(total=400, sampled=400, by_name={"Email Sent": 100})
SAMPLE = NameEstimate(total=40_000, sampled=2_000, by_name={"Email Sent": 500})
TOO_FEW = NameEstimate(total=40_000, sampled=2_000, by_name={"Email Sent": 9})


def shares(day, week, *, events=(2, 300), is_blocked=False):
    fault = SimpleNamespace(
        kind=SimpleNamespace(name="Email Sent"), day=events[0], week=events[1]
    )
    return NameEstimates(day, week).shares(fault, is_blocked=is_blocked)


def test_both_counts_have_a_share():
    assert shares(ALL, SAMPLE) == Shares(day=2, week=3)


@pytest.mark.parametrize(("day", "week"), [(TOO_FEW, SAMPLE), (ALL, TOO_FEW)])
def test_a_share_that_only_one_count_would_have_is_not_shown(day, week):
    assert shares(day, week) == Shares()


def test_without_events_in_a_day_the_week_has_a_share():
    assert shares(TOO_FEW, SAMPLE, events=(0, 300)) == Shares(day=None, week=3)


def test_events_that_were_blocked_are_part_of_the_whole():
    assert shares(ALL, ALL, events=(100, 300), is_blocked=True) == Shares(50, 75)


def test_a_share_of_less_than_one_percent_is_not_rounded_up():
    assert shares(ALL, SAMPLE, events=(1, 1)) == Shares(1, 0)
    assert shares(ALL, SAMPLE, events=(1, 99)) == Shares(1, 0)
