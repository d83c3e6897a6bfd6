"""Counts of the sandbox."""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from streams.sandbox.debugger.event_view import source_of
from streams.sandbox.debugger.stats import SeenIds, Stats
from streams.sandbox.faults.sliding_window import SECOND_NS, SlidingSecond
from streams.sandbox.http.request import Request
from tests.sandbox.calls import (
    KEY,
    OTHER_KEY,
    basic,
    send_batch,
    send_one,
    status_of,
    track,
)


def test_the_second_slides():
    second = SlidingSecond()

    for moment_ms in (0, 700, 900, 999, 1_500, 1_600, 5_000):
        second.add(moment_ms * 1_000_000)

    assert second.worst == 5  # from 700 to 1,600; no whole second has more than 4


def test_a_second_contains_one_of_two_moments_a_second_apart():
    second = SlidingSecond()

    second.add(0)
    second.add(SECOND_NS)

    assert second.worst == 1


@given(st.lists(st.integers(0, 3 * SECOND_NS)))
def test_the_busiest_second_equals_the_maximum_over_all_seconds(moments):
    moments = sorted(moments)
    second = SlidingSecond()

    for moment in moments:
        second.add(moment)

    windows = [
        sum(end - SECOND_NS < moment <= end for moment in moments) for end in moments
    ]
    assert second.worst == max(windows, default=0)


@given(st.lists(st.text()))
def test_an_id_is_new_once(message_ids):
    seen = SeenIds()

    new = [seen.add(message_id) for message_id in message_ids]

    firsts = [message_ids.index(name) == at for at, name in enumerate(message_ids)]
    assert new == firsts


def test_no_two_ids_are_confused():
    seen = SeenIds()

    first = sum(seen.add(f"m-{n}") for n in range(50_000))
    again = sum(seen.add(f"m-{n}") for n in range(50_000))

    assert (first, again) == (50_000, 0)


def seconds_after(*moments):
    """Return the seconds that the stats list after requests at these moments."""
    stats = Stats()
    for moment in moments:
        stats.count_request(KEY, "us", Request(received_at=moment))
    return stats.as_json(brief=False)["seconds"]


def test_seconds_without_requests_count_as_zero():
    assert seconds_after(10.1, 10.9, 13.0) == [[10, 2], [11, 0], [12, 0], [13, 1]]


def test_a_clock_that_is_set_back_adds_to_the_last_second():
    assert seconds_after(10, 8) == [[10, 2]]


def test_seconds_are_kept_for_an_hour():
    seconds = seconds_after(*range(3_700))

    assert (seconds[0], len(seconds)) == ([100, 1], 3_600)


def test_at_most_an_hour_of_silence_is_listed():
    assert len(seconds_after(0, 1_000_000)) == 3_600


def test_counts_are_kept_by_write_key_and_region_too(segment):
    send_batch(segment, track("m-1"), track("m-2"), path="/us/v1/batch")
    send_batch(segment, track("m-2"), track("m-3", userId=7), path="/eu/v1/batch")
    send_one(segment, "m-4", path="/eu/v1/batch", headers=basic(OTHER_KEY))

    stats = segment.stats()

    assert {name: counts(tally) for name, tally in stats["by_key"].items()} == {
        source_of(KEY): (2, 4, 2, 1, {"id_not_string": 1}),
        source_of(OTHER_KEY): (1, 1, 1, 0, {}),
    }
    assert {name: counts(tally) for name, tally in stats["by_region"].items()} == {
        "us": (1, 2, 2, 0, {}),
        "eu": (2, 3, 1, 1, {"id_not_string": 1}),
    }
    assert counts(stats) == (3, 5, 3, 1, {"id_not_string": 1})
    assert sum(count for _, count in stats["seconds"]) == 3


def counts(tally):
    """Return a tally without its busiest second."""
    told = SimpleNamespace(**tally)
    return (
        told.requests,
        told.events,
        told.unique_message_ids,
        told.duplicates,
        told.discarded,
    )


def test_the_busiest_second_is_kept_by_write_key_and_region_too():
    stats = Stats()
    for key, region, arrived_ns in [
        (KEY, "us", 0),
        (KEY, "eu", SECOND_NS // 2),
        (OTHER_KEY, "eu", SECOND_NS - 1),
    ]:
        stats.count_request(key, region, Request(arrived_ns=arrived_ns))

    told = stats.as_json(brief=False)

    assert told["worst_second"] == 3
    assert told["by_key"][source_of(KEY)]["worst_second"] == 2
    assert told["by_region"]["us"]["worst_second"] == 1


def test_refused_calls_count_as_requests(segment):
    segment.answers = [503]

    send_one(segment)
    status_of(segment, "/v1/batch", b"not json")

    assert (segment.stats()["requests"], segment.stats()["events"]) == (2, 0)


def test_stats_name_no_write_key(segment):
    send_one(segment)

    stats = segment.stats()

    assert stats["by_key"][source_of(KEY)]["write_key"] == "…0001"
    assert KEY not in str(stats)
    assert "by_key" not in segment.stats(brief=True)
