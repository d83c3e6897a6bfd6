"""A sandbox with a script is slow, dead or wrong."""

from __future__ import annotations

import http.client
import time

import msgspec
import pytest

from streams.sandbox.faults.running_script import RunningScript, ScriptRequest
from streams.sandbox.faults.scripts import Script
from tests.sandbox.calls import (
    KEY,
    OTHER_KEY,
    basic,
    ids,
    send,
    send_batch,
    send_one,
    status_of,
    track,
)

PROBE = f"/v1/projects/{KEY}/settings"


def seconds_of(call):
    """Return the result of the call, and its duration in seconds."""
    start = time.monotonic()
    return call(), time.monotonic() - start


def test_scripted_responses_come_in_turn_and_then_segments_own(segment):
    segment.answers = [503, 429, 200]

    assert [send_one(segment) for _ in range(5)] == [503, 429, 200, 200, 200]


def test_setting_responses_replaces_the_earlier_ones(segment):
    segment.answers = [503, 503]
    segment.answers = [500]

    assert segment.answers == [500]
    assert [send_one(segment), send_one(segment)] == [500, 200]


def test_responses_can_repeat(segment):
    segment.behave({"answers": [503, 200], "then": "repeat"})

    assert [send_one(segment) for _ in range(5)] == [503, 200, 503, 200, 503]


def test_a_response_can_last_forever(segment):
    segment.behave({"answers": [200], "then": 503})

    assert [send_one(segment) for _ in range(4)] == [200, 503, 503, 503]


def test_a_permanent_response_can_have_parts(segment):
    segment.behave({"then": {"status": 503, "headers": {"Retry-After": "7"}}})

    assert [send_one(segment) for _ in range(2)] == [503, 503]


def test_a_refused_call_is_not_stored_and_a_later_one_is(segment):
    segment.answers = [503, 200]

    send_one(segment, "m-1")
    send_one(segment, "m-2")

    assert ids(segment) == ["m-2"]
    assert (segment.stats()["requests"], segment.stats()["events"]) == (2, 1)


def test_a_refused_call_is_stored_if_the_script_says_so(segment):
    segment.answers = [{"status": 503, "take": True}]

    assert (send_one(segment), ids(segment)) == (503, ["m-1"])


def test_a_response_has_the_scripted_status_headers_and_body(segment):
    segment.answers = [
        {"status": 460, "headers": {"X-Test": "a b"}, "body": "not json"}
    ]

    status, headers, body = send(segment, "/v1/batch", {"batch": [track()]})

    assert (status, headers["X-Test"], body) == (460, "a b", b"not json")


def test_a_200_with_a_wrong_body_stores_the_events(segment):
    segment.answers = [{"body": "not json"}]

    assert send(segment, "/v1/batch", {"batch": [track()]})[::2] == (200, b"not json")
    assert ids(segment) == ["m-1"]


@pytest.mark.parametrize(
    ("answer", "retry_after", "reset"),
    [
        (429, "1", "1"),
        ({"status": 429, "headers": {"Retry-After": "7"}}, "7", "7"),
        ({"status": 429, "headers": {"X-RateLimit-Reset": "9"}}, "1", "9"),
        ({"status": 429, "headers": {"Retry-After": None}}, None, "1"),
        ({"status": 503, "headers": {"Retry-After": "3"}}, "3", None),
    ],
)
def test_a_429_has_both_headers_by_default(segment, answer, retry_after, reset):
    segment.answers = [answer]

    headers = send(segment, "/v1/batch", {"batch": [track()]})[1]

    assert (headers["Retry-After"], headers["X-RateLimit-Reset"]) == (
        retry_after,
        reset,
    )


def test_a_rule_can_apply_to_one_write_key(segment):
    segment.behave({"write_key": KEY, "then": 503})

    statuses = [send_one(segment, headers=basic(key)) for key in (KEY, OTHER_KEY)]

    assert statuses == [503, 200]


def test_a_rule_can_apply_to_one_region(segment):
    segment.behave({"region": "eu", "then": 503})

    assert send_one(segment, path="/eu/v1/batch") == 503
    assert send_one(segment, path="/us/v1/batch") == 200


def test_a_bad_event_fails_every_batch_that_contains_it(segment):
    segment.behave({"only_event": "m-2", "then": 400})

    assert send_batch(segment, track("m-1"), track("m-2"), track("m-3")) == 400
    assert [send_one(segment, name) for name in ("m-1", "m-2", "m-3")] == [
        200,
        400,
        200,
    ]
    assert ids(segment) == ["m-1", "m-3"]


def test_a_finished_rule_leaves_the_response_to_the_next(segment):
    segment.behave({"answers": [500]}, {"answers": [501]}, {"then": 503})

    assert [send_one(segment) for _ in range(3)] == [500, 501, 503]


def test_calls_above_the_rate_are_limited_until_the_second_has_passed():
    rules = [{"above_per_second": 2, "then": 429}]
    behaviour = RunningScript(msgspec.convert({"rules": rules}, Script))

    limited_at = [
        at_ms
        for at_ms in (0, 500, 900, 999, 1_000, 1_400, 1_500, 1_600)
        if behaviour.response_to(question_at(at_ms)).status == 429
    ]

    # 1,000 takes the place of 0, and 1,500 that of 500; a limited call takes none.
    assert limited_at == [900, 999, 1_400, 1_600]


def question_at(at_ms):
    return ScriptRequest("events", KEY, "us", (), at_ms * 1_000_000)


def test_a_rate_of_zero_limits_every_call(segment):
    segment.behave({"above_per_second": 0, "then": 429})

    assert (send_one(segment), ids(segment)) == (429, [])


def test_a_slow_response_is_still_correct(segment):
    segment.answers = [{"delay_s": 0.2}]

    status, taken_s = seconds_of(lambda: send_one(segment))

    assert (status, ids(segment)) == (200, ["m-1"])
    assert taken_s >= 0.2


def test_a_slow_invalid_call_is_still_refused(segment):
    segment.answers = [{"delay_s": 0.01}]

    assert status_of(segment, "/v1/batch", b"not json") == 400


def test_a_hanging_call_gets_no_response_and_is_not_stored(segment):
    segment.answers = [{"hang_s": 30}]

    with pytest.raises(TimeoutError):
        send_one(segment, timeout=0.2)

    assert ids(segment) == []
    assert [request["status"] for request in segment.requests] == [None]


def test_a_hang_ends_with_the_connection(segment):
    segment.answers = [{"hang_s": 0.1}]

    with pytest.raises(http.client.RemoteDisconnected):
        send_one(segment)


def test_a_hang_within_the_response_leaves_half_of_it(segment):
    segment.answers = [{"hang_in_answer_s": 0.1}]

    with pytest.raises(http.client.IncompleteRead) as cut:
        send_one(segment)

    assert cut.value.partial == b"{"
    assert ids(segment) == ["m-1"]


def test_a_dripping_response_arrives_in_full(segment):
    segment.answers = [{"drip_s": 0.2}]

    answer, taken_s = seconds_of(
        lambda: send(segment, "/v1/batch", {"batch": [track()]})
    )

    assert answer[::2] == (200, b'{"success":true}')
    assert taken_s >= 0.2


def test_a_reset_resets_the_connection(segment):
    segment.answers = [{"reset": True}]

    with pytest.raises(ConnectionResetError) as reset:
        send_one(segment)

    assert not isinstance(reset.value, http.client.RemoteDisconnected)
    assert ids(segment) == []


def test_a_lost_response_leaves_the_events_stored(segment):
    segment.answers = [{"close": True, "take": True}]

    with pytest.raises(http.client.RemoteDisconnected):
        send_one(segment, "m-1")
    again = send_one(segment, "m-1")

    assert (again, ids(segment)) == (200, ["m-1"])
    assert segment.stats()["duplicates"] == 1


def test_the_settings_probe_has_its_own_rules(segment):
    segment.behave({"calls": "settings", "answers": [503]})

    assert send_one(segment) == 200
    assert status_of(segment, PROBE, b"", method="GET") == 503
    assert status_of(segment, PROBE, b"", method="GET") == 200


BAD_SCRIPTS = [
    ({"answers": [{"stauts": 503}]}, "unknown field `stauts`"),
    ({"answers": [99]}, ">= 200"),
    ({"answers": [{"delay_s": -1}]}, ">= 0.0"),
    (
        {"answers": [{"hang_s": 1, "reset": True}]},
        "hang_s and reset exclude each other",
    ),
    ({"answers": [{"headers": {"A": "b\r\nC: d"}}]}, "'A' has a value"),
    ({"answers": [{"headers": {"Content-Length": "5"}}]}, "'Content-Length' cannot be"),
    ({"then": "later"}, "'later'"),
    ({"region": "asia", "then": 503}, "'asia'"),
    ({"write_key": KEY}, "a rule needs `answers`"),
    ({"then": "repeat"}, "a rule needs `answers`"),
]


@pytest.mark.parametrize(("rule", "complaint"), BAD_SCRIPTS)
def test_an_invalid_script_is_refused_with_an_explanation_and_changes_nothing(
    segment, rule, complaint
):
    segment.answers = [503]

    with pytest.raises(ValueError) as refused:
        segment.behave(rule)

    assert complaint in str(refused.value)
    assert segment.answers == [503]
