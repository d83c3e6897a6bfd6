from __future__ import annotations

import gzip
import json
import time
import zlib
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.base.request_errors import RequestRefused
from streams.ingest.http.body import (
    GZIP_MAGIC,
    MAX_EVENTS,
    open_batch,
    open_single,
    unpack,
)
from streams.ingest.http.broken_batch import take_apart

GZIP = {"content-encoding": "gzip"}


def refused(function, *arguments):
    with pytest.raises(RequestRefused) as caught:
        function(*arguments)
    return caught.value.status, caught.value.code


EVENT = b'{"event": "Email Opened"}'
KINDS = [
    "", "application/json", "Application/JSON; charset=utf-8", "text/plain;x=y",
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "application/octet-stream", "nonsense",
]  # fmt: skip
CODINGS = ["", "identity", "gzip", "x-gzip", "GZIP", "gzip, identity", "br", "deflate"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("coding", CODINGS)
def test_json_and_compressed_json_are_read_whatever_the_headers_say(kind, coding):
    headers = {"content-type": kind, "content-encoding": coding}

    for body in (EVENT, gzip.compress(EVENT), b" \n" + EVENT, b"[]"):
        assert unpack(body, headers, 1_000).strip() in (EVENT, b"[]")


def member(data, flags):
    """Return a member of a gzip stream, with optional fields of RFC 1952, 2.3.1."""
    head = b"\x1f\x8b\x08" + bytes([flags]) + b"\0\0\0\0\0\xff"
    head += b"\x04\0abcd" if flags & 4 else b""
    head += b"name\0" if flags & 8 else b""
    head += b"comment\0" if flags & 16 else b""
    if flags & 2:
        head += (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    ends = zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")
    return head + packed + ends


@pytest.mark.parametrize("flags", range(0, 32, 2))
def test_every_valid_gzip_header_is_read(flags):
    assert unpack(member(EVENT, flags), GZIP, 100) == EVENT


def test_several_gzip_members_are_one_body():
    parts = [EVENT[:5], b"", EVENT[5:9], EVENT[9:]]

    assert unpack(b"".join(map(gzip.compress, parts)), GZIP, 200) == EVENT
    assert unpack(gzip.compress(EVENT) + bytes(40), GZIP, 200) == EVENT  # padding
    assert unpack(gzip.compress(gzip.compress(EVENT)), GZIP, 200) == EVENT


def test_a_byte_order_mark_is_removed():
    assert unpack(b"\xef\xbb\xbf" + EVENT, {}, 100) == EVENT


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ({}, None),
        ({"content-type": "application/json"}, None),
        ({"content-type": "application/vnd.api+json"}, None),
        (
            {"content-type": "application/x-www-form-urlencoded"},
            (415, "INGEST-TYPE-001"),
        ),
        ({"content-encoding": "br"}, (415, "INGEST-TYPE-002")),
        ({"content-encoding": "gzip, zstd"}, (415, "INGEST-TYPE-002")),
        ({"content-encoding": "gzip"}, (400, "INGEST-GZIP-001")),
    ],
)
def test_if_a_body_is_not_json_the_headers_explain_why(headers, refusal):
    if refusal is None:
        assert unpack(b"data=x", headers, 100) == b"data=x"
    else:
        assert refused(unpack, b"data=x", headers, 100) == refusal


def test_the_limit_applies_before_and_after_decompression():
    bomb = gzip.compress(bytes(10_000_000))

    assert len(bomb) < 20_000
    assert refused(unpack, bomb, GZIP, 20_000) == (413, "INGEST-SIZE-001")
    assert refused(unpack, b"x" * 101, {}, 100) == (413, "INGEST-SIZE-001")
    assert unpack(gzip.compress(b"{" * 100), GZIP, 100) == b"{" * 100
    # Member after member, and one in another.
    assert refused(unpack, gzip.compress(b"{" * 60) * 2, GZIP, 100) == (
        413,
        "INGEST-SIZE-001",
    )
    assert refused(unpack, gzip.compress(bomb), GZIP, 20_000)[0] == 413


def test_the_cost_of_hundreds_of_thousands_of_empty_members_is_linear():
    began = time.process_time()

    assert refused(unpack, gzip.compress(b"") * 250_000, GZIP, 5_000_000)[0] == 400
    assert time.process_time() - began < 5  # in quadratic time, it takes minutes


@pytest.mark.parametrize(
    "body",
    [
        b"plain",
        b"",
        GZIP_MAGIC,
        gzip.compress(b"cut off")[:-5],
        gzip.compress(b"{}")[:-8] + bytes(8),
        gzip.compress(b"one") + b"more",
        gzip.compress(b"one") + gzip.compress(b"two")[:-3],
    ],
    ids=["plain", "empty", "magic", "cut", "wrong sum", "trailing", "second cut"],
)
def test_anything_but_one_complete_gzip_stream_is_refused(body):
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


def test_an_empty_list_is_the_empty_object_of_php():
    parcel = open_batch(b'{"batch": [{}], "context": [], "integrations": [ ]}')

    assert (parcel.context, parcel.integrations) == (None, None)


def test_an_invalid_context_of_the_batch_is_not_called_an_event():
    with pytest.raises(RequestRefused) as caught:
        open_batch(b'{"batch": [{}], "context": [1]}')

    said = f"{caught.value.message} {caught.value.fix}"
    assert said == (
        "The batch's context is not valid: It is not a JSON object."
        " Send context as an object next to batch, or omit it."
    )


def test_fields_of_the_batch_may_be_missing_or_invalid():
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
        (b'{"batch": [{}], "context": [1]}', "INGEST-BATCH-004"),
        (b'{"batch": [{}], "context": "x"}', "INGEST-BATCH-004"),
        (b'{"batch": [{}], "context": {"a": "\xff"}}', "INGEST-BATCH-004"),
        (b'{"batch": [{}], "integrations": {"a": 1e999}}', "INGEST-BATCH-004"),
        (
            b'{"batch": [%s]}' % b",".join([b"{}"] * (MAX_EVENTS + 1)),
            "INGEST-BATCH-003",
        ),
    ],
)
def test_a_batch_that_cannot_be_opened_is_refused_as_a_whole(body, code):
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
def test_one_broken_event_does_not_affect_the_others(broken):
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
def test_the_cost_of_a_hostile_body_is_linear(filler):
    began = time.process_time()

    for body in (filler, b'{"batch": [' + filler, b'{"batch": [{}, %s]}' % filler):
        with suppress(RequestRefused):
            open_batch(body)

    assert time.process_time() - began < 5  # in quadratic time, it takes minutes


def test_a_list_with_another_name_or_place_is_not_the_batch():
    body = b'{"x": {"batch": [1]}, "list": ["batch", [2]], "batch": [NaN, 3]}'

    assert open_batch(body).events == [b"NaN", b"3"]
    assert take_apart(b'{"x": {"batch": [NaN]}}') is None


@given(
    st.lists(st.dictionaries(st.text(), st.text() | st.lists(st.text())), min_size=1)
)
def test_splitting_at_brackets_agrees_with_a_decoder(events):
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


def test_a_single_call_that_cannot_be_read_is_rejected_as_an_event():
    assert open_single(b"{NaN").events == [b"{NaN"]
