from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from streams.base.clock import iso_ms, now


def test_a_time_is_written_in_utc_with_milliseconds():
    in_kiev = datetime(2026, 3, 2, 12, 0, 0, 123_999, timezone(timedelta(hours=2)))

    assert iso_ms(in_kiev) == "2026-03-02T10:00:00.123Z"


def test_now_is_aware_and_in_utc():
    assert now().tzinfo is UTC
