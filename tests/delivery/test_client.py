from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.views.debug import ExceptionReporter

from streams.connections.write_keys import WriteKey
from streams.delivery.segment.client import (
    MAX_HEADERS,
    SegmentClient,
    retry_after_s,
)
from streams.delivery.segment.responses import ResponseKind

KEY = "ClientTestWriteKey00000000000001"
BODY = json.dumps(
    {"batch": [{"type": "track", "event": "E", "userId": "u", "messageId": "m-1"}]}
).encode()
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def client():
    client = SegmentClient(timeout_s=1.0)
    yield client
    client.close()


def post(client, segment, body=BODY):
    return client.post_batch(f"{segment.url}/v1", write_key=WriteKey(KEY), body=body)


def test_a_batch_arrives(client, segment):
    answer = post(client, segment)

    assert answer.status == 200
    assert [event["messageId"] for event in segment.events(KEY)] == ["m-1"]


def test_a_large_batch_is_compressed_and_arrives_intact(client, segment):
    events = [
        {"type": "track", "event": "E", "userId": "u", "messageId": f"m-{n}"}
        for n in range(1000)
    ]

    post(client, segment, json.dumps({"batch": events}).encode())

    assert segment.stats()["unique_message_ids"] == 1000


def test_the_key_is_in_no_report_of_a_failure(client):
    with pytest.raises(TypeError) as failed:
        client.post_batch("http://127.0.0.1:9/v1", write_key=WriteKey(KEY), body=None)

    report = ExceptionReporter(None, failed.type, failed.value, failed.tb)
    frames = report.get_traceback_data()["frames"]
    ours = [frame["vars"] for frame in frames if "/streams/" in frame["filename"]]
    assert "WriteKey(…0001)" in repr(ours)
    assert KEY not in repr(ours)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"reset": True}, "The connection to Segment failed."),
        ({"hang_s": 5}, "Segment did not respond in time."),
    ],
)
def test_each_network_failure_is_described_in_words(client, segment, told, words):
    segment.answers = [told]

    answer = post(client, segment)

    assert answer.status is None
    assert answer.error == words
    assert KEY not in repr(answer)
    assert answer.duration_ms < 4000


def test_a_refused_connection_is_described_too(client):
    answer = client.post_batch(
        "http://127.0.0.1:9/v1", write_key=WriteKey(KEY), body=BODY
    )

    assert (answer.status, answer.error) == (None, "The connection to Segment failed.")


def test_the_same_client_works_after_a_failure(client, segment):
    segment.answers = [{"reset": True}]
    post(client, segment)

    assert post(client, segment).status == 200


def test_redirects_are_not_followed_with_the_key(client, segment):
    segment.answers = [{"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}}]

    assert post(client, segment).status == 302


def test_headers_are_kept_without_cookies(client, segment):
    headers = {
        "X-Proxy": "filter-7",
        "Set-Cookie": "session=secret",
        "Retry-After": "7",
    }
    segment.answers = [{"status": 503, "headers": headers}]

    kept = post(client, segment).headers.lower().splitlines()

    assert {"x-proxy: filter-7", "retry-after: 7"} <= set(kept)
    assert "secret" not in str(kept)


def test_kept_headers_are_bounded(client, segment):
    headers = {f"X-{number}": "y" * 1_000 for number in range(9)}
    segment.answers = [{"status": 503, "headers": headers}]

    assert len(post(client, segment).headers) == MAX_HEADERS


def test_the_phases_of_a_request_are_measured(client, segment):
    segment.answers = [{"delay_s": 0.2}, {}]

    first, second = post(client, segment), post(client, segment)

    assert first.connect_ms > 0
    assert first.connect_ms + 200 <= first.first_byte_ms <= first.duration_ms
    assert second.connect_ms == 0  # the connection was open


def test_a_request_without_a_response_has_no_first_byte(client, segment):
    segment.answers = [{"reset": True}]

    answer = post(client, segment)

    assert answer.connect_ms > 0
    assert answer.first_byte_ms is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("-5", 0.0),
        ("Mon, 23 Nov 2026 12:01:00 GMT", 60.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header, seconds):
    assert retry_after_s(header, AT) == seconds


def test_an_intermediarys_page_is_not_a_delivery(client, segment):
    page = "<!DOCTYPE html><title>Blocked</title>"
    segment.answers = [{"body": page, "take": False}]

    answer = post(client, segment)

    assert (answer.status, answer.kind) == (200, ResponseKind.RETRY)
    assert segment.events() == []
    assert post(client, segment).kind is ResponseKind.ACCEPTED


def test_an_endless_response_is_not_read_to_its_end(client, segment):
    segment.answers = [{"body": "x" * 1_000_000}]

    assert len(post(client, segment).text) == 1_000
