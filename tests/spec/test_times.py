from __future__ import annotations

from datetime import UTC, datetime

import pytest

from streams.spec.times import parse_time


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T10:00:00.000Z", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("2026-11-23T12:00:00+02:00", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("2026-11-23T10:00:00", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        (
            "2026-11-23T10:00:00.123456789Z",  # as Go's library writes it
            datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC),
        ),
    ],
)
def test_iso_times_are_read_in_utc(text, moment):
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "1700000000",
        "23.11.2026",
        "2026-13-01",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_other_texts_are_not_times(text):
    assert parse_time(text) is None
