"""The pixel, preflights, timestamps of delivered events, and suppressed users."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from urllib.parse import quote

import pytest

from streams.sandbox.http.cors_and_pixel import GIF
from streams.sandbox.segment.timestamps import delivered
from tests.sandbox.calls import KEY, ids, send, send_batch, send_one, track

AT = datetime.fromisoformat("2026-11-29T12:00:00+00:00").timestamp()


def pixel(segment, query, name="track"):
    status, headers, body = send(
        segment, f"/v1/pixel/{name}?{query}", b"", method="GET", headers={}
    )
    return status, headers["Content-Type"], body


def encoded(content):
    return base64.b64encode(json.dumps(content).encode()).decode()


PICTURE = (200, "image/gif", GIF)


def test_a_pixel_takes_a_call_in_base64(segment):
    call = {**track("m-1", text="<<???>>"), "writeKey": KEY}
    url_safe = encoded({**call, "messageId": "m-2"}).translate({43: "-", 47: "_"})

    assert pixel(segment, f"data={encoded(call)}") == PICTURE
    assert pixel(segment, f"data={url_safe.rstrip('=')}") == PICTURE
    assert ids(segment) == ["m-1", "m-2"]


def test_a_pixel_takes_a_call_in_its_query(segment):
    query = (
        f"writeKey={KEY}&userId=u&event={quote('Email Opened')}&messageId=m-1"
        "&properties.subject=Hi&context.library.name=pixel"
    )

    assert pixel(segment, query) == PICTURE
    [event] = segment.events()
    assert (event["properties"], event["context"]) == (
        {"subject": "Hi"},
        {"library": {"name": "pixel"}},
    )


@pytest.mark.parametrize(
    "query",
    ["", "data=%", "data=bm90IGpzb24", "a=1&a.b=2", f"{'a.' * 5_000}a=1", "writeKey=x"],
)
def test_a_pixel_is_a_picture_even_on_an_error(segment, query):
    assert pixel(segment, query) == PICTURE
    assert ids(segment) == []


def test_a_pixel_has_no_batch(segment):
    assert pixel(segment, "data=e30", name="batch")[0] == 404


def test_a_page_can_send_from_any_origin(segment):
    asked = {
        "Origin": "https://shop.example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-retry-count",
    }

    status, headers, body = send(
        segment, "/eu/v1/t", b"", method="OPTIONS", headers=asked
    )

    assert (status, body) == (204, b"")
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Allow-Headers"] == "content-type,x-retry-count"
    got = send(segment, "/v1/track", {}, headers={"Origin": asked["Origin"]})[1]
    assert got["Access-Control-Allow-Origin"] == "*"
    assert got["Access-Control-Expose-Headers"] == "Retry-After, X-RateLimit-Reset"


def test_the_control_api_allows_no_other_origin(segment):
    origin = {"Origin": "https://shop.example.com"}

    status, headers, _ = send(
        segment, "/_sandbox/oauth", b"", method="OPTIONS", headers=origin
    )

    assert (status, headers["Access-Control-Allow-Origin"]) == (405, None)


@pytest.mark.parametrize(
    ("timestamp", "sent_at", "happened", "original"),
    [
        # The sender's clock is 10 minutes ahead, and the event 1 minute old.
        ("2026-11-29T12:09:00Z", "2026-11-29T12:10:00Z", "11:59:00", "12:09:00"),
        (
            "2026-11-29T13:00:00+01:00",
            "2026-11-29T12:00:00.000Z",
            "12:00:00",
            "12:00:00",
        ),
        ("2026-11-29T11:00:00Z", None, "11:00:00", "11:00:00"),
        (None, "2026-11-29T12:10:00Z", "12:00:00", "12:00:00"),
        (None, None, "12:00:00", "12:00:00"),
        ("yesterday", "2026-11-29T12:10:00Z", "12:00:00", "12:00:00"),
        (7, {}, "12:00:00", "12:00:00"),
    ],
)
def test_the_timestamp_of_an_event_is_corrected_by_the_senders_clock(
    timestamp, sent_at, happened, original
):
    times = delivered(timestamp=timestamp, sent_at=sent_at, received_at=AT)

    assert (times.timestamp, times.original_timestamp, times.received_at) == (
        f"2026-11-29T{happened}.000Z",
        f"2026-11-29T{original}.000Z",
        "2026-11-29T12:00:00.000Z",
    )


def test_the_latest_possible_timestamp_is_no_failure():
    times = delivered(
        timestamp="9999-12-31T23:59:59Z", sent_at="0001-01-01T00:00:00Z", received_at=AT
    )

    assert times.timestamp == "2026-11-29T12:00:00.000Z"


def test_the_batchs_sent_at_applies_to_its_events(segment):
    message = track(timestamp="2026-11-29T11:59:00Z")
    body = {"batch": [message], "sentAt": "2026-11-29T12:00:00Z"}
    send(segment, "/v1/batch", body)

    [shown] = segment.shown_events()

    times = shown["delivered"]
    assert times["sentAt"] == "2026-11-29T12:00:00.000Z"
    received, happened = (
        datetime.fromisoformat(times[name]) for name in ("receivedAt", "timestamp")
    )
    assert (received - happened).total_seconds() == 60
    assert shown["event"] == message


def test_a_suppressed_user_leaves_no_trace(segment):
    segment.suppress("user-1")

    assert send_batch(segment, track("m-1"), track("m-2", userId="user-2")) == 200

    assert ids(segment) == ["m-2"]
    assert segment.stats()["discarded"] == {"suppressed": 1}


def test_a_disabled_source_drops_its_events(segment):
    segment.know({"write_key": KEY, "enabled": False})

    assert send_one(segment) == 200
    assert (ids(segment), segment.stats()["discarded"]) == ([], {"source_disabled": 1})


@pytest.mark.parametrize(
    ("key", "status"), [("", 400), ("abc123", 400), ("bad_key", 200)]
)
def test_only_an_empty_or_very_short_key_is_refused(segment, key, status):
    body = {"writeKey": key, "batch": [track()]}

    assert send(segment, "/v1/batch", body, headers={})[0] == status
    assert ids(segment) == []
