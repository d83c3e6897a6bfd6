from __future__ import annotations

import json

import pytest

from streams.base.request_errors import RequestRefused
from streams.identity.inbound.refusals import TOO_MANY_IDENTIFIERS
from streams.identity.inbound.tool_names import tool_names
from streams.ingest.inbound.access import InboundAccess
from streams.ingest.inbound.body import MAX_EVENTS, open_inbound
from streams.ingest.inbound.requests import InboundAdmission, take

IDENTIFY = b'{"type": "identify", "userId": "u1"}'
TRACK = b'{"type": "track"}'


def refused(body: bytes) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        open_inbound(body)
    return caught.value


def test_an_object_is_one_event():
    body = open_inbound(b" \n" + IDENTIFY + b"\n")

    assert (body.events, body.signed, body.is_batch) == ([IDENTIFY], (IDENTIFY,), False)


def test_a_list_is_a_batch_whose_first_event_is_signed():
    body = open_inbound(b" [ " + IDENTIFY + b" , " + TRACK + b" ] ")

    assert body.events == [IDENTIFY, TRACK]
    assert (body.signed, body.is_batch) == ((IDENTIFY,), True)


def test_events_of_the_extensible_webhook_are_unwrapped():
    wrapped = b'{"json": ' + IDENTIFY + b"}"

    body = open_inbound(b"[" + wrapped + b',{"json":' + TRACK + b"}]")

    assert body.events == [IDENTIFY, TRACK]
    assert body.signed == (wrapped, IDENTIFY)


def test_an_event_with_a_field_json_is_not_unwrapped():
    event = b'{"json": {"type": "track"}, "type": "identify"}'

    assert open_inbound(event).events == [event]


def test_elements_that_are_no_objects_stay_in_their_place():
    assert open_inbound(b'[1, "x", null, [], {}]').events == [
        b"1",
        b'"x"',
        b"null",
        b"[]",
        b"{}",
    ]


@pytest.mark.parametrize(
    "half", [b"\\ud800", b"\\uDFFF", b"\\\\\\ud83d", b"\\ud83d\\ud83d\\udc1f"]
)
def test_half_a_character_spoils_no_event_and_changes_nothing_that_is_signed(half):
    first = b'{"type": "track", "properties": {"a": "' + half + b'"}}'

    body = open_inbound(b"[" + first + b"," + IDENTIFY + b"]")

    assert body.is_mended
    assert body.signed == (first,)
    assert body.events[1] == IDENTIFY
    assert "\ufffd" in json.loads(body.events[0])["properties"]["a"]


def test_whole_characters_stay_as_they_are():
    event = b'{"a": "\\ud83d\\udc1f \\\\ud800", "b": "\\ud800"}'

    events = open_inbound(event).events

    assert json.loads(events[0])["a"] == "\U0001f41f \\ud800"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'[{"a": NaN}]',
        b'[{"a": 1},]',
        b'{"a": 1} {"b": 2}',
        b'{"a": "\xff"}',
        b'["\xed\xa0\x80"]',
        b'{"a": "\\x"}',
        b"{'a': 1}",
    ],
)
def test_anything_but_json_is_refused(body):
    assert refused(body).code == "INGEST-JSON-001"


@pytest.mark.parametrize("body", [b"", b"1", b'"identify"', b"null", b"type=identify"])
def test_other_values_are_refused(body):
    assert refused(body).code == "INBOUND-BODY-001"


def test_an_empty_list_is_refused():
    assert refused(b"[ ]").code == "INBOUND-BODY-002"


def test_too_many_events_are_refused():
    body = b"[" + b",".join([TRACK] * (MAX_EVENTS + 1)) + b"]"

    assert (refused(body).status, refused(body).code) == (413, "INBOUND-BODY-003")
    assert len(open_inbound(b"[" + b",".join([TRACK] * MAX_EVENTS) + b"]").events) == (
        MAX_EVENTS
    )


def test_events_beyond_the_limit_of_identifiers_are_refused_and_spoil_no_other():
    def event(n):
        ids = [{"id": f"c{n}-{i}", "type": "crm_id"} for i in range(50)]
        return {"type": "track", "userId": f"u{n}", "context": {"externalIds": ids}}

    deletion = {"type": "delete", "userId": "u1"}
    body = json.dumps([*map(event, range(402)), deletion]).encode()
    access = InboundAccess(1, 2, tool_names("postbox"), ())

    events = take(InboundAdmission(access, {}, is_known=True), body).events

    assert [n for n, e in enumerate(events) if e is TOO_MANY_IDENTIFIERS] == [400, 401]
    assert events[402].is_delete
