"""Which facts are read from an event of Segment."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.inbound.events import InboundEvent, read_event
from streams.identity.inbound.refusals import EventRefusal
from streams.identity.inbound.tool_names import tool_names

NAMES = tool_names("help-desk")
EMAIL = Identifier(IdentifierKind.EMAIL, "ada@example.com")
PHONE = Identifier(IdentifierKind.PHONE, "+1 555 0100")
TOOL_ID = Identifier(IdentifierKind.TOOL_ID, "c_7")


def read(event, **options):
    text = event if isinstance(event, bytes) else json.dumps(event).encode()
    return read_event(text, NAMES, **options)


def identifiers(**fields) -> list[Identifier]:
    event = read({"type": "track", "userId": "u1", **fields})
    assert isinstance(event, InboundEvent)
    return list(event.identifiers)


def external(**fields) -> list[Identifier]:
    return identifiers(context={"externalIds": [fields]})


def test_an_identify_call_says_who_a_person_is():
    event = read(
        {
            "type": "identify",
            "userId": "u1",
            "anonymousId": "a1",
            "messageId": "m1",
            "projectId": "p1",
            "traits": {"email": EMAIL.value, "phone": PHONE.value, "name": "Ada"},
            "context": {"helpDeskId": "c_7"},
            "writeKey": "secret",
        }
    )

    anonymous = Identifier(IdentifierKind.ANONYMOUS_ID, "a1")
    assert (event.user_id, event.project_id, event.message_id) == ("u1", "p1", "m1")
    assert event.identifiers == (anonymous, EMAIL, PHONE, TOOL_ID)
    assert "secret" not in repr([getattr(event, f) for f in event.__struct_fields__])


@pytest.mark.parametrize("call", ["track", "page", "screen", "group", "alias"])
def test_other_calls_have_the_traits_in_the_context(call):
    event = read(
        {
            "type": call,
            "userId": "u1",
            "traits": {"email": "group@example.com"},
            "properties": {"email": "other@example.com"},
            "context": {"traits": {"email": EMAIL.value}},
        }
    )

    assert event.identifiers == (EMAIL,)


def test_the_id_in_the_tool_can_be_in_the_context_traits_or_external_ids():
    assert identifiers(context={"helpDeskId": "c_7"}) == [TOOL_ID]
    assert identifiers(context={"help-deskId": "c_7"}) == [TOOL_ID]
    assert identifiers(context={"traits": {"helpDeskId": "c_7"}}) == [TOOL_ID]
    assert external(id="c_7", type="help_desk_id", collection="users") == [TOOL_ID]
    assert external(id="c_7", type="help-desk_id") == [TOOL_ID]
    assert identifiers(context={"otherId": "c_7"}) == []


def test_ids_that_are_numbers_are_read_as_text():
    number = Identifier(IdentifierKind.TOOL_ID, "42")

    assert identifiers(context={"helpDeskId": 42}) == [number]
    assert identifiers(context={"helpDeskId": True}) == []
    assert identifiers(context={"helpDeskId": 4.2}) == []


def test_external_ids_keep_their_type():
    other = Identifier(IdentifierKind.EXTERNAL_ID, "x1", "crm_id")

    assert external(id="x1", type="CRM_id ") == [other]
    assert external(id=EMAIL.value, type="email") == [EMAIL]
    assert external(id="x1", type="crm_id", collection="accounts") == []
    assert external(id="u1", type="user_id") == []
    assert external(id="x1", type="a\0b") == []
    assert external(id="", type="crm_id") == []
    assert external(id="x1") == []


@pytest.mark.parametrize(
    "context",
    [
        None,
        "x",
        [],
        {"traits": []},
        {"traits": {"email": ["ada@example.com"]}},
        {"externalIds": {}},
        {"externalIds": ["x", None, 3]},
        {"externalIds": [{"id": {}, "type": {}}]},
        {"integration": "help-desk"},
    ],
)
def test_values_of_other_types_say_nothing(context):
    assert identifiers(context=context) == []


def test_an_event_that_the_tool_sent_is_recognized():
    own = {"type": "track", "context": {"integration": {"name": "help-desk"}}}
    other = {"type": "track", "context": {"integration": {"name": "postbox"}}}

    assert (read(own).is_own, read(other).is_own) == (True, False)


def test_a_message_id_is_known_by_its_source():
    def digest(**fields):
        return read({"type": "track", **fields}).digest

    assert digest(messageId="m1", projectId="p1") == digest(
        messageId="m1", projectId="p1"
    )
    assert digest(messageId="m1", projectId="p1") != digest(
        messageId="m1", projectId="p2"
    )
    assert digest(messageId="m1") != digest(messageId="m2")
    assert digest(projectId="p1") is None
    assert digest(messageId=7) is None


def test_ids_that_cannot_be_stored_are_not_kept_as_the_origin():
    event = read({"type": "track", "messageId": "m\0", "projectId": "p" * 200})

    assert (event.message_id, len(event.project_id)) == ("", 100)


@pytest.mark.parametrize(
    ("event", "rule"),
    [
        (b"1", "INBOUND-EVENT-001"),
        (b"[]", "INBOUND-EVENT-001"),
        (b'"identify"', "INBOUND-EVENT-001"),
        (b"{}", "INBOUND-EVENT-002"),
        ({"type": "purchase"}, "INBOUND-EVENT-002"),
        ({"type": ["identify"]}, "INBOUND-EVENT-002"),
        ({"type": None}, "INBOUND-EVENT-002"),
        (b'{"type": "track", "userId": NaN}', "INBOUND-EVENT-003"),
        ({"type": "delete"}, "INBOUND-EVENT-005"),
    ],
)
def test_other_events_are_refused(event, rule):
    refusal = read(event)

    assert isinstance(refusal, EventRefusal)
    assert refusal.rule == rule


def test_nothing_is_read_from_half_a_character():
    whole = {"type": "track", "userId": "u1", "anonymousId": "a\ufffd"}
    half = {"type": "track", "userId": "u\ufffd"}

    assert read(whole, replaced="\ufffd").identifiers == ()
    assert read(half, replaced="\ufffd").rule == "INBOUND-EVENT-004"
    assert read(half).user_id == "u\ufffd"


def test_of_a_repeated_key_the_last_counts_as_in_javascript():
    assert read(b'{"type": "track", "userId": "a", "userId": "b"}').user_id == "b"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
names = st.sampled_from(
    ["type", "userId", "anonymousId", "messageId", "traits", "context", "externalIds",
     "integration", "email", "id", "helpDeskId"]
)  # fmt: skip


@given(
    st.recursive(
        json_values, lambda inner: st.lists(inner) | st.dictionaries(names, inner)
    )
)
def test_any_json_is_read_or_refused(event):
    try:
        text = json.dumps(event, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return

    assert isinstance(read(text), InboundEvent | EventRefusal)
