from __future__ import annotations

import gzip
import json
import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.base.refusals import RequestRefused
from streams.ingest.body import (
    MAX_EVENTS,
    check_headers,
    open_batch,
    open_single,
    unpack,
)
from streams.ingest.salvage import take_apart

GZIP = {"content-encoding": "gzip"}


def refused(function, *arguments):
    with pytest.raises(RequestRefused) as caught:
        function(*arguments)
    return caught.value.status, caught.value.code


@pytest.mark.parametrize(
    "kind",
    ["", "application/json", "Application/JSON; charset=utf-8", "text/plain;x=y"],
)
def test_json_may_come_as_plain_text_or_unannounced(kind):
    check_headers({"content-type": kind} if kind else {})


def test_other_contents_and_encodings_are_refused():
    form = {"content-type": "application/x-www-form-urlencoded"}

    assert refused(check_headers, form) == (415, "INGEST-TYPE-001")
    assert refused(check_headers, {"content-encoding": "br"}) == (
        415,
        "INGEST-TYPE-002",
    )


def test_a_compressed_body_is_unpacked():
    assert unpack(gzip.compress(b"hello"), GZIP, 100) == b"hello"
    assert unpack(b"hello", {"content-encoding": "identity"}, 100) == b"hello"


def test_the_bound_holds_before_and_after_unpacking():
    bomb = gzip.compress(bytes(10_000_000))

    assert len(bomb) < 20_000
    assert refused(unpack, bomb, GZIP, 20_000) == (413, "INGEST-SIZE-001")
    assert refused(unpack, b"x" * 101, {}, 100) == (413, "INGEST-SIZE-001")
    assert unpack(gzip.compress(b"x" * 100), GZIP, 100) == b"x" * 100


@pytest.mark.parametrize(
    "body",
    [b"plain", b"", gzip.compress(b"cut off")[:-5], gzip.compress(b"one") + b"more"],
    ids=["not gzip", "nothing", "cut off", "something after it"],
)
def test_what_is_not_one_whole_gzip_stream_is_refused(body):
    assert refused(unpack, body, GZIP, 100) == (400, "INGEST-GZIP-001")


def test_a_batch_is_opened_without_changing_its_events():
    body = b"""{"batch": [{"a": 1 }, {"b":[2]}], "writeKey": "ik_x", "other": 1,
        "sentAt": "2026-11-23T10:00:00Z", "context": {"ip": "x"}, "integrations": null}"""

    parcel = open_batch(body)

    assert parcel.events == [b'{"a": 1 }', b'{"b":[2]}']
    assert parcel.key == "ik_x"
    assert parcel.sent_at == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert (parcel.context, parcel.integrations) == ({"ip": "x"}, None)
    assert "ik_x" not in repr(parcel)


def test_what_a_batch_says_of_itself_may_be_missing_or_unreadable():
    parcel = open_batch(b'{"batch": [{}], "writeKey": 7, "sentAt": "soon"}')

    assert (parcel.key, parcel.sent_at, parcel.context) == (None, None, None)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"batch": []}', "INGEST-BATCH-002"),
        (b'{"batch": {}}', "INGEST-BATCH-001"),
        (b'{"events": []}', "INGEST-BATCH-001"),
        (b"[]", "INGEST-BATCH-001"),
        (b"null", "INGEST-BATCH-001"),
        (b"", "INGEST-JSON-001"),
        (b"batch=1", "INGEST-JSON-001"),
        (b'{"batch": [{}]', "INGEST-JSON-001"),
        (b'{"batch": [{}], "writeKey": \xff}', "INGEST-JSON-001"),
        (b'{"batch": [{}], "context": []}', "INGEST-BATCH-004"),
        (b'{"batch": [{}], "context": {"a": "\xff"}}', "INGEST-BATCH-004"),
        (b'{"batch": [{}], "integrations": {"a": 1e999}}', "INGEST-BATCH-004"),
        (
            b'{"batch": [%s]}' % b",".join([b"{}"] * (MAX_EVENTS + 1)),
            "INGEST-BATCH-003",
        ),
    ],
)
def test_a_batch_that_cannot_be_opened_is_refused_whole(body, code):
    assert refused(open_batch, body) == (400, code)


@pytest.mark.parametrize(
    "broken",
    [
        b'{"ratio": NaN}',
        b'{"ratio": -Infinity}',
        b"undefined",
        b'{"a": 01}',
        b'{"a": "\\ud800"}',
        b'{"a" 1}',
        b'{"a": [1,]}',
        b'{"a": "' + b"\x01" + b'"}',
        b"[" * 200_000 + b"]" * 200_000,  # deeper than the decoder goes
    ],
)
def test_one_broken_event_does_not_cost_its_neighbours(broken):
    body = (
        b'{"sentAt": "2026-11-23", "batch": [{"a": "[},"}, %s, {"b": 2}], "x": 1}'
        % broken
    )

    parcel = open_batch(body)

    assert parcel.events == [b'{"a": "[},"}', broken, b'{"b": 2}']
    assert parcel.sent_at == datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    "filler",
    [
        b'"' + b'\\"' * 250_000,
        b'"' * 500_000,
        b"[" * 500_000,
        b'{"batch":[' * 50_000,
        b'"batch":' * 60_000,
        b"\\" * 500_000,
        b" " * 500_000,
    ],
)
def test_a_hostile_body_costs_no_more_than_its_length(filler):
    began = time.process_time()

    for body in (filler, b'{"batch": [' + filler, b'{"batch": [{}, %s]}' % filler):
        with suppress(RequestRefused):
            open_batch(body)

    assert time.process_time() - began < 5  # in quadratic time it takes minutes


def test_a_list_of_another_name_or_place_is_not_the_batch():
    body = b'{"x": {"batch": [1]}, "list": ["batch", [2]], "batch": [NaN, 3]}'

    assert open_batch(body).events == [b"NaN", b"3"]
    assert take_apart(b'{"x": {"batch": [NaN]}}') is None


@given(
    st.lists(st.dictionaries(st.text(), st.text() | st.lists(st.text())), min_size=1)
)
def test_brackets_take_a_batch_apart_as_a_decoder_does(events):
    body = json.dumps({"a": [1], "batch": events, "z": "]"}).encode()

    apart = take_apart(body)

    assert apart is not None
    assert json.loads(apart[0]) == {"a": [1], "batch": [], "z": "]"}
    assert [json.loads(event) for event in apart[1]] == events


@given(st.binary(max_size=300) | st.text(alphabet='{}[]",:\\ batch1').map(str.encode))
def test_any_bytes_are_opened_or_refused(body):
    for function in (open_single, open_batch):
        try:
            assert function(body).events
        except RequestRefused as refusal:
            assert refusal.status == 400  # noqa: PT017 - either is right


def test_a_single_call_is_its_own_event():
    parcel = open_single(b'{"writeKey": "ik_x", "event": "E"}')

    assert parcel.events == [b'{"writeKey": "ik_x", "event": "E"}']
    assert parcel.key == "ik_x"


def test_a_single_call_that_cannot_be_read_is_told_so_later():
    assert open_single(b"{NaN").events == [b"{NaN"]
