"""Segment's 400 responses, and the events that it drops after a 200."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.sandbox.segment.sources import KnownSources, Sources
from streams.sandbox.segment.tracking_api import read_call
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

GZIPPED = {**basic(KEY), "Content-Encoding": "gzip"}


def padded(message, size):
    """Return the message, padded to exactly this many bytes as JSON."""
    missing = size - len(json.dumps({**message, "context": {"pad": ""}}))
    return {**message, "context": {"pad": "x" * missing}}


def batch_of_size(size):
    """Return a batch body of exactly this many bytes, of events under 32 KB."""
    messages = [padded(track(f"m-{n}"), 20_000) for n in range(size // 20_100)]
    body = json.dumps({"batch": messages}).encode()
    return body + b" " * (size - len(body))


@pytest.mark.parametrize(("size", "status"), [(32_768, 200), (32_769, 400)])
def test_a_single_call_can_have_32_kb(segment, size, status):
    message = padded(track(), size)

    assert status_of(segment, "/v1/track", message) == status
    assert ids(segment) == ["m-1"] * (status == 200)


@pytest.mark.parametrize(("size", "status"), [(32_768, 200), (32_769, 400)])
def test_an_event_of_a_batch_can_have_32_kb(segment, size, status):
    assert send_batch(segment, track("m-0"), padded(track(), size)) == status
    assert ids(segment) == ["m-0", "m-1"] * (status == 200)


@pytest.mark.parametrize(("size", "status"), [(512_000, 200), (512_001, 400)])
def test_a_batch_can_have_500_kb(segment, size, status):
    assert status_of(segment, "/v1/batch", batch_of_size(size)) == status


@pytest.mark.parametrize(("size", "status"), [(512_000, 200), (512_001, 400)])
def test_the_500_kb_are_measured_before_gzip(segment, size, status):
    body = gzip.compress(batch_of_size(size))

    assert status_of(segment, "/v1/batch", body, headers=GZIPPED) == status


def test_a_body_that_is_far_too_large_is_refused_and_not_kept(segment):
    assert status_of(segment, "/v1/batch", b" " * 5_000_000) == 400


@pytest.mark.parametrize(("count", "shown"), [(2_500, 2_500), (2_501, 0)])
def test_a_batch_over_2500_events_gets_a_200_and_vanishes(segment, count, shown):
    status = send_batch(segment, *[track(f"m-{n}") for n in range(count)])

    assert (status, len(ids(segment))) == (200, shown)
    assert segment.stats()["discarded"].get("too_many_events", 0) == count - shown


BAD_BODIES = [
    b"",
    b"not json",
    b"[]",
    b'{"batch": {}}',
    b'{"batch": [{"userId": NaN}]}',
    b'{"batch": [{"userId": "\xff"}]}',
    b'{"batch": [{"userId": "\\ud800"}]}',
    b'{"batch": [{}]',
    b'{"batch": [' + b"[" * 50_000 + b"]" * 50_000 + b"]}",
]


@pytest.mark.parametrize(
    "body", BAD_BODIES, ids=lambda body: body[:30].decode("latin-1")
)
def test_invalid_json_is_refused(segment, body):
    status, _, answer = send(segment, "/v1/batch", body)

    assert status == 400
    assert json.loads(answer) == {
        "success": False,
        "message": "The body is not a valid JSON object.",
    }


def test_gzip_is_accepted(segment):
    body = gzip.compress(json.dumps({"batch": [track()]}).encode())

    assert status_of(segment, "/v1/batch", body, headers=GZIPPED) == 200
    assert ids(segment) == ["m-1"]


@pytest.mark.parametrize("spoil", [lambda body: body[:-9], lambda body: b"x" + body])
def test_broken_gzip_is_refused(segment, spoil):
    body = spoil(gzip.compress(json.dumps({"batch": [track()]}).encode()))

    assert status_of(segment, "/v1/batch", body, headers=GZIPPED) == 400


VALUES = st.sampled_from(
    [None, True, 7, 10**30, 1.5, "", "x" * 32, [], ["a"], {}, {"a": 1}]
)
FIELDS = ("messageId", "userId", "event", "properties", "traits", "writeKey")
MESSAGES = st.fixed_dictionaries(
    {"type": st.sampled_from(["track", "identify", "page", "group"]) | VALUES},
    optional=dict.fromkeys(FIELDS, VALUES),
)


@given(st.lists(MESSAGES | VALUES))
def test_each_item_of_any_batch_is_judged_alone(messages):
    body = json.dumps({"batch": messages}).encode()

    call = read_call(
        "batch",
        header_key=KEY,
        body=body,
        gzipped=False,
        region="us",
        sources=Sources(KnownSources()),
    )

    assert (call.refusal, len(call.events)) == (None, len(messages))


DISCARDED = [
    ({"type": "track", "event": "E"}, "no_user_anon_id"),
    (track(userId=None), "no_user_anon_id"),
    (track(userId=7), "id_not_string"),
    (track(userId=""), "id_not_string"),
    (track(anonymousId=["a"]), "id_not_string"),
    (track(event=None), "event_not_defined"),
    (track(event=""), "event_not_defined"),
    (track(event=7), "event_not_string"),
    (track(properties=[]), "properties_not_object"),
    ({"type": "identify", "userId": "u", "traits": "x"}, "traits_not_object"),
    ({"type": "group", "userId": "u", "groupId": 7}, "id_not_string"),
    (
        {"type": "group", "userId": "u", "groupId": "g", "traits": 1},
        "traits_not_object",
    ),
    ({"type": "page", "userId": "u", "name": ""}, "name_not_string"),
    ({"type": "screen", "userId": "u", "category": 7}, "category_not_string"),
    ({"type": "page", "userId": "u", "properties": "x"}, "properties_not_object"),
    ({"userId": "u"}, "multi_user_error"),
    ({"type": "charge", "userId": "u"}, "multi_user_error"),
    ("no object", "multi_user_error"),
]


@pytest.mark.parametrize(("message", "code"), DISCARDED)
def test_a_bad_event_gets_a_200_and_vanishes_and_the_others_are_kept(
    segment, message, code
):
    status = send_batch(segment, track("m-before"), message, track("m-after"))

    assert (status, ids(segment)) == (200, ["m-before", "m-after"])
    assert segment.stats()["discarded"] == {code: 1}


@pytest.mark.parametrize(
    "message",
    [
        track(userId=None, anonymousId="a"),
        track(properties=None),
        {"type": "page", "userId": "u", "name": None},
        {"type": "alias", "userId": "u", "previousId": "p"},
    ],
)
def test_null_counts_as_absent(segment, message):
    send_batch(segment, message)

    assert segment.stats()["unique_message_ids"] == 1


@pytest.mark.parametrize("body", [{"batch": []}, {}])
def test_an_empty_batch_gets_a_200(segment, body):
    assert status_of(segment, "/v1/batch", body) == 200
    assert segment.stats()["discarded"] == {"empty_batch": 1}


def test_a_repeated_message_id_is_counted_and_not_shown_again(segment):
    send_batch(segment, track("m-1"), track("m-1", event="Again"))
    send_one(segment, "m-1")

    stats = segment.stats()
    assert (stats["events"], stats["unique_message_ids"], stats["duplicates"]) == (
        3,
        1,
        2,
    )
    assert [event["event"] for event in segment.events()] == ["Email Opened"]


def test_a_message_id_of_one_source_hides_that_of_another(segment):
    send_one(segment, "m-1", headers=basic(KEY))
    send_one(segment, "m-1", headers=basic(OTHER_KEY))

    assert ids(segment, OTHER_KEY) == []


def test_a_dropped_event_leaves_its_message_id_free(segment):
    send_batch(segment, track("m-1", userId=7))
    send_one(segment, "m-1")

    assert ids(segment) == ["m-1"]


def test_events_without_a_message_id_get_one_each(segment):
    send_batch(segment, track(None), track(None))

    shown = {shown["message_id"] for shown in segment.shown_events()}
    assert (len(shown), segment.stats()["unique_message_ids"]) == (2, 2)


def test_a_batchs_context_applies_to_each_event_and_the_events_own_wins(segment):
    message = track(context={"ip": "1.1.1.1"})
    batch = {
        "batch": [message],
        "context": {"ip": "2.2.2.2", "locale": "de-DE"},
        "integrations": {"All": False},
    }

    send(segment, "/v1/batch", batch)

    [event] = segment.events()
    assert event == {
        **message,
        "context": {"ip": "1.1.1.1", "locale": "de-DE"},
        "integrations": {"All": False},
    }
