from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.event_preparation import (
    EventRefused,
    RequestFields,
    StreamFields,
    message_ids,
    prepare,
    read,
)

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
AROUND = RequestFields(source=StreamFields("postbox", "1.0.0"), received_at=NOW)
TRACK = {"type": "track", "userId": "u1", "event": "Email Opened", "messageId": "m1"}


def take(event, around=AROUND, **keywords):
    """Return the event as it is stored, with its payload decoded."""
    new = prepare(event.copy(), around, ids=iter(["made-here"]), **keywords)
    return new, json.loads(new.payload)


def rule_for(event, around=AROUND, **keywords):
    with pytest.raises(EventRefused) as caught:
        take(event, around, **keywords)
    return caught.value.rule, caught.value.path


def test_an_event_is_stamped_and_its_columns_come_from_it():
    new, payload = take(TRACK | {"properties": {"subject": "Hi"}, "unknown": [1]})

    assert (new.type, new.name, new.user_id, new.message_id) == (
        "track", "Email Opened", "u1", "m1",
    )  # fmt: skip
    assert payload == {
        "type": "track",
        "userId": "u1",
        "event": "Email Opened",
        "messageId": "m1",
        "properties": {"subject": "Hi"},
        "unknown": [1],
        "context": {"integration": {"name": "postbox", "version": "1.0.0"}},
        "receivedAt": "2026-11-23T10:00:00.000Z",
        "timestamp": "2026-11-23T10:00:00.000Z",
    }


def test_a_client_cannot_set_the_integration_of_its_context():
    context = {"integration": {"name": "other"}, "ip": "192.0.2.1"}

    _, payload = take(TRACK | {"context": context})

    assert payload["context"] == {
        "integration": {"name": "postbox", "version": "1.0.0"},
        "ip": "192.0.2.1",
    }


def test_fields_for_the_portal_only_are_removed():
    event = TRACK | {
        "writeKey": "ik_x", "workspace": "acme", "sentAt": "2026-11-23T10:00:00Z",
    }  # fmt: skip

    _, payload = take(event)

    assert not {"writeKey", "workspace", "sentAt"} & payload.keys()


@pytest.mark.parametrize("missing", [{}, {"messageId": None}])
def test_a_missing_message_id_is_generated(missing):
    event = {key: value for key, value in TRACK.items() if key != "messageId"}

    new, payload = take(event | missing)

    assert new.message_id == payload["messageId"] == "made-here"


def test_generated_ids_are_unique():
    ids = list(message_ids(2_500))

    assert len(set(ids)) == 2_500
    assert {len(made) for made in ids} == {32}


def test_context_and_integrations_are_merged_and_the_events_own_values_win():
    around = replace(
        AROUND,
        context={"ip": "192.0.2.1", "locale": "de", "integration": {"name": "other"}},
        integrations={"All": False, "Salesforce": True},
    )

    _, payload = take(
        TRACK | {"context": {"locale": "fr"}, "integrations": {"All": True}}, around
    )

    assert payload["context"] == {
        "ip": "192.0.2.1",
        "locale": "fr",
        "integration": {"name": "postbox", "version": "1.0.0"},
    }
    assert payload["integrations"] == {"All": True, "Salesforce": True}


@pytest.mark.parametrize("nothing", [{}, {"context": None, "integrations": None}])
def test_an_event_without_a_context_gets_the_requests(nothing):
    around = replace(AROUND, context={"ip": "192.0.2.1"}, integrations={"All": False})

    _, payload = take(TRACK | nothing, around)

    assert payload["context"]["ip"] == "192.0.2.1"
    assert payload["integrations"] == {"All": False}


def test_an_event_without_a_type_gets_it_from_the_path():
    event = {"userId": "u1", "traits": {}}

    new, payload = take(event, call="identify")

    assert new.type == payload["type"] == "identify"


def test_an_event_of_another_type_than_its_path_is_refused():
    assert rule_for(TRACK, call="page") == ("SPEC-TYPE-002", "type")


@pytest.mark.parametrize(
    ("sent_at", "timestamp"),
    [
        (None, "2026-11-23T08:00:00.000Z"),
        (NOW, "2026-11-23T08:00:00.000Z"),
        (NOW + timedelta(hours=1), "2026-11-23T07:00:00.000Z"),  # a clock that is ahead
        (NOW - timedelta(hours=1), "2026-11-23T09:00:00.000Z"),
        (datetime.min.replace(tzinfo=UTC), "4052-10-14T18:00:00.000Z"),
        (datetime.max.replace(tzinfo=UTC), "2026-11-23T08:00:00.000Z"),
    ],
)
def test_a_timestamp_is_corrected_by_the_senders_clock_error(sent_at, timestamp):
    event = TRACK | {"timestamp": "2026-11-23T10:00:00+02:00"}

    _, payload = take(event, replace(AROUND, sent_at=sent_at))

    assert payload["timestamp"] == timestamp


def test_an_events_own_sent_at_takes_precedence_over_the_requests():
    event = TRACK | {
        "timestamp": "2026-11-23T08:00:00Z",
        "sentAt": "2026-11-23T09:00:00Z",
    }

    _, payload = take(event, replace(AROUND, sent_at=NOW))

    assert payload["timestamp"] == "2026-11-23T09:00:00.000Z"


def test_an_unreadable_sent_at_corrects_nothing():
    event = TRACK | {"timestamp": "2026-11-23T08:00:00Z", "sentAt": "soon"}

    _, payload = take(event)

    assert payload["timestamp"] == "2026-11-23T08:00:00.000Z"


def test_past_events_keep_their_time():
    _, payload = take(TRACK | {"timestamp": "1999-01-01"})

    assert payload["timestamp"] == "1999-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"userId": 42}, ("SPEC-ID-002", "userId")),
        ({"userId": None}, ("SPEC-ID-001", "userId")),
        ({"event": None}, ("SPEC-NAME-001", "event")),
        ({"properties": "text"}, ("SPEC-OBJECT-001", "properties")),
        ({"messageId": "x" * 101}, ("SPEC-MESSAGE-001", "messageId")),
        ({"timestamp": "soon"}, ("SPEC-TIME-001", "timestamp")),
    ],
)
def test_the_most_severe_issue_is_reported(change, refusal):
    assert rule_for(TRACK | change) == refusal


def test_anonymous_events_are_accepted_if_the_stream_allows_them():
    around = replace(
        AROUND, source=StreamFields("postbox", "1.0.0", allow_anonymous=True)
    )
    event = TRACK | {"userId": None, "anonymousId": "a1"}

    new, payload = take(event, around)

    assert (new.user_id, payload["anonymousId"]) == ("", "a1")
    assert rule_for(event) == ("SPEC-ID-001", "userId")


def test_columns_are_truncated_and_freed_of_nul_and_the_payload_is_not():
    name, user_id = "a\0" + "b" * 300, "u\0" + "v" * 300

    new, payload = take(TRACK | {"event": name, "userId": user_id, "messageId": "m\0"})

    assert (new.name, new.user_id) == ("a�" + "b" * 198, "u�" + "v" * 198)
    assert new.message_id == "m�"
    assert (payload["event"], payload["userId"]) == (name, user_id)
    assert payload["messageId"] == "m\0"


def test_an_event_that_grows_over_segments_limit_is_refused():
    event = TRACK | {"properties": {"text": "x" * 32_600}}

    assert rule_for(event) == ("SPEC-SIZE-001", "")


def test_bytes_that_are_no_event_are_refused_with_their_rule():
    with pytest.raises(EventRefused) as caught:
        read(b'{"type": "track", "properties": {"ratio": NaN}}')

    assert (caught.value.rule, caught.value.path) == ("SPEC-JSON-003", "")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=10,
)
FIELDS = [
    "type", "userId", "anonymousId", "groupId", "previousId", "event", "name", "category",
    "properties", "traits", "context", "integrations", "messageId", "timestamp", "sentAt",
]  # fmt: skip
likely = st.sampled_from(["track", "page", "alias", "u1", "2026-11-23T10:00:00Z", {}])
events = st.dictionaries(st.sampled_from(FIELDS) | st.text(), likely | values)


@given(
    sent=events.map(lambda event: json.dumps(event).encode()) | st.binary(max_size=200),
    anonymous=st.booleans(),
)
def test_any_input_is_refused_or_becomes_valid_json(sent, anonymous):
    around = replace(AROUND, source=StreamFields("postbox", "1.0.0", anonymous))

    outcome = prepared_or_refused(sent, around)

    if isinstance(outcome, EventRefused):
        assert all([outcome.rule.startswith("SPEC-"), outcome.message, outcome.fix])
    else:
        payload = json.loads(outcome.payload.decode(), parse_constant=pytest.fail)
        json.dumps(payload, ensure_ascii=False).encode()  # no lone surrogate in it
        assert payload["context"]["integration"]["name"] == "postbox"
        assert payload["messageId"]
        assert "\0" not in outcome.name + outcome.user_id + outcome.message_id


def prepared_or_refused(sent, around):
    try:
        return prepare(read(sent), around, ids=iter(["made-here"]))
    except EventRefused as refused:
        return refused
