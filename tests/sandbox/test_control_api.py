"""The sandbox's control API, for people and tests."""

from __future__ import annotations

import json

import pytest

from streams.sandbox.debugger.event_view import source_of
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


def get(segment, path):
    status, _, body = send(segment, path, b"", method="GET")
    return status, json.loads(body)


def numbers(segment, query):
    """Return the numbers of a page of events, and the number to continue from."""
    page = get(segment, f"/_sandbox/events?{query}")[1]
    return [shown["number"] for shown in page["events"]], page["next_after"]


def test_the_newest_events_are_returned_newest_last(segment):
    send_batch(segment, *[track(f"m-{n}") for n in range(5)])

    assert numbers(segment, "limit=2") == ([4, 5], 5)


def test_events_are_followed_from_a_number(segment):
    send_batch(segment, *[track(f"m-{n}") for n in range(5)])

    assert numbers(segment, "after=1&limit=3") == ([2, 3, 4], 4)
    assert numbers(segment, "after=4&limit=3") == ([5], 5)
    assert numbers(segment, "after=5&limit=3") == ([], 5)
    assert numbers(segment, f"after={10**30}&limit=3") == ([], 5)


def test_events_can_be_filtered_by_write_key(segment):
    for n, key in enumerate([KEY, OTHER_KEY, KEY, OTHER_KEY]):
        send_one(segment, f"m-{n}", headers=basic(key))

    assert numbers(segment, f"source={source_of(KEY)}&after=0") == ([1, 3], 3)
    assert numbers(segment, f"write_key={KEY}&limit=1") == ([3], 3)


def test_an_event_comes_with_its_metadata(segment):
    message = track(anonymousId="a-1", properties={"n": 1.5})
    send_batch(segment, message, path="/eu/v1/batch")

    [shown] = get(segment, "/_sandbox/events")[1]["events"]

    received_at = shown.pop("received_at")
    assert received_at.endswith("+00:00")
    received_at = received_at.replace("+00:00", "Z")
    assert shown == {
        "number": 1,
        "region": "eu",
        "write_key": "…0001",
        "source": source_of(KEY),
        "type": "track",
        "name": "Email Opened",
        "user_id": "user-1",
        "anonymous_id": "a-1",
        "message_id": "m-1",
        "delivered": {
            "timestamp": received_at,
            "originalTimestamp": received_at,
            "sentAt": None,
            "receivedAt": received_at,
        },
        "event": message,
    }


@pytest.mark.parametrize(
    "written", [json.dumps(KEY), json.dumps(KEY).replace("S", "\\u0053")]
)
def test_masked_events_name_no_write_key(segment, written):
    message = json.dumps({**track(), "context": {"echo": f"key {KEY}"}})
    body = f'{message[:-1]}, "writeKey": {written}}}'

    send(segment, "/v1/track", body.encode(), headers={})

    answer = get(segment, "/_sandbox/events")[1]
    [shown] = answer["events"]
    assert (shown["write_key"], shown["event"]["writeKey"]) == ("…0001", "…0001")
    assert KEY not in json.dumps(answer)


def test_a_number_too_large_to_show_affects_no_other_event(segment):
    large = '{"userId": "u", "event": "E", "n": 1e999, "writeKey": "KEY"}'
    send(segment, "/v1/track", large.replace("KEY", KEY).encode(), headers={})
    send_one(segment, "m-2")

    events = get(segment, "/_sandbox/events?mask=1")[1]["events"]

    assert [event["event"] for event in events] == [
        "A number in this event is too large to show.",
        track("m-2"),
    ]


@pytest.mark.parametrize("query", ["limit=x", "after=1.5", "key=1"])
def test_an_invalid_query_is_refused_with_an_explanation(segment, query):
    status, answer = get(segment, f"/_sandbox/events?{query}")

    assert (status, list(answer)) == (400, ["error"])


def test_requests_are_shown_without_their_authorization(segment):
    segment.answers = [503]
    send_one(segment, headers={**basic(KEY), "X-Retry-Count": "1"})

    [request] = segment.requests

    assert "authorization" not in request["headers"]
    assert request["headers"]["x-retry-count"] == "1"
    assert (
        request["path"],
        request["events"],
        request["status"],
        request["taken"],
    ) == (
        "/v1/batch",
        1,
        503,
        False,
    )


def test_requests_are_followed_from_a_number(segment):
    for n in range(4):
        send_one(segment, f"m-{n}")

    def after(number):
        return [request["number"] for request in segment.requests_after(number)]

    assert (after(-1), after(2), after(4), after(10**15)) == (
        [1, 2, 3, 4], [3, 4], [], [],
    )  # fmt: skip
    assert get(segment, "/_sandbox/requests?after=x")[0] == 400


def test_a_reset_deletes_events_and_counts(segment):
    send_one(segment, "m-1")
    log = get(segment, "/_sandbox/events")[1]["log"]

    send(segment, "/_sandbox/events", b"", method="DELETE")

    assert (ids(segment), segment.requests) == ([], [])
    assert (segment.stats()["requests"], segment.stats()["by_key"]) == (0, {})
    assert get(segment, "/_sandbox/events")[1]["log"] != log
    send_one(segment, "m-1")
    assert ids(segment) == ["m-1"]


def test_a_reset_of_events_keeps_the_script(segment):
    segment.answers = [503]

    send(segment, "/_sandbox/events", b"", method="DELETE")

    assert send_one(segment) == 503


def test_the_script_can_be_removed(segment):
    segment.behave({"then": 503})

    send(segment, "/_sandbox/behaviour", b"", method="DELETE")

    assert send_one(segment) == 200


def test_sources_are_returned_as_they_were_listed(segment):
    segment.know({"write_key": KEY, "region": "eu"})

    assert get(segment, "/_sandbox/sources") == (
        200,
        {"known": [{"write_key": "…0001", "region": "eu"}]},
    )


def test_an_invalid_list_of_sources_is_refused(segment):
    with pytest.raises(ValueError, match="'asia'"):
        segment.know({"write_key": KEY, "region": "asia"})


def test_the_health_check_responds(segment):
    assert get(segment, "/_sandbox/healthz") == (200, {"ok": True})


def test_the_index_documents_the_api(segment):
    status, headers, body = send(segment, "/_sandbox/", b"", method="GET")

    assert (status, headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert b"PUT, DELETE /_sandbox/behaviour" in body
    assert b"hang_in_answer_s" in body


def test_an_unknown_path_and_a_wrong_method_are_errors(segment):
    assert status_of(segment, "/_sandbox/nothing", b"", method="GET") == 404
    assert status_of(segment, "/_sandbox/stats", b"", method="DELETE") == 405
