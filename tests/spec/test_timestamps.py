from __future__ import annotations

from datetime import UTC, datetime

import pytest

from streams.spec.call_structure import structure_issues
from streams.spec.timestamps import parse_time

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T10:00:00Z",
        "2026-11-23T10:00:00z",
        "2026-11-23t10:00:00z",
        "2026-11-23 10:00:00z",
        "2026-11-23 10:00:00Z",
        "2026-11-23_10:00:00Z",
        "2026-11-23T10:00:00.0Z",
        "2026-11-23T10:00:00.0000000000000000000000z",
        "2026-11-23T10:00:00-00:00",
        "2026-11-23T12:30:00+02:30",
        "2026-11-22t23:59:00.000-10:01",
        "2026-11-23T09:59:60Z",
        "2026-11-23t09:59:60.000z",
        "2026-11-23T10:59:60+01:00",
    ],
)
def test_every_form_of_rfc_3339_is_read(text):
    assert parse_time(text) == AT


def test_a_fraction_of_any_length_is_read():
    assert parse_time("2026-11-23T10:00:00.5z") == AT.replace(microsecond=500_000)
    assert parse_time("2026-11-23T10:00:00.123456789Z") == AT.replace(
        microsecond=123_456
    )
    leap = parse_time("2016-12-31T23:59:60.25Z")
    assert leap == datetime(2017, 1, 1, microsecond=250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-11-23T10:00:61Z",
        "9999-12-31T23:59:60Z",
        "2026-13-01T00:00:00z",
    ],
)
def test_other_texts_are_not_times(text):
    assert parse_time(text) is None


def test_the_fix_for_an_unreadable_time_says_that_segment_drops_it():
    event = {"type": "page", "userId": "u1", "timestamp": "2026-327"}

    assert [issue.message for issue in structure_issues(event)] == [
        "timestamp is not a date or time in RFC 3339 format. Segment drops it."
    ]
