"""The project's data file contains the whole Spec."""

from __future__ import annotations

from collections import Counter

from streams.spec.check.event import check
from streams.spec.names.collisions import right_name
from streams.spec.spec_data import EVENTS, SPEC, docs_of
from streams.spec.spec_exceptions import READINGS


def test_it_contains_all_semantic_events():
    assert (len(SPEC.events), len(EVENTS)) == (87, 87)
    assert Counter(event.category for event in SPEC.events) == {
        "ecommerce_v2": 28,
        "video": 17,
        "mobile": 13,
        "b2b_saas": 10,
        "ai_copilot": 8,
        "email": 6,
        "live_chat": 4,
        "ab_testing": 1,
    }
    assert {c.id: c.events for c in SPEC.categories if c.id != "ecommerce_v1"} == (
        Counter(event.category for event in SPEC.events)
    )


def test_it_contains_all_their_properties():
    properties = [field for event in SPEC.events for field in event.properties]

    assert len(properties) == 699
    assert Counter(field.required for field in properties) == {"": 685, "optional": 14}
    assert {field.type for field in properties} == {
        "string", "number", "integer", "float", "boolean", "date", "object", "array",
        "string|object", "unspecified",
    }  # fmt: skip


def test_it_contains_traits_and_context_fields():
    assert len(SPEC.old_events) == 5
    assert [one.name for one in SPEC.system_events] == [
        "Segment Consent Preference Updated"
    ]
    assert len(SPEC.library_events) == 4
    assert len(SPEC.corrections) == 20
    assert len(SPEC.near_misses) == 27
    assert len(SPEC.outside) == 16
    assert [call.name for call in SPEC.calls] == [
        "identify", "track", "page", "screen", "group", "alias",
    ]  # fmt: skip
    assert (len(SPEC.common_fields), len(SPEC.context_fields)) == (12, 23)
    assert {one.where: len(one.fields) for one in SPEC.reserved} == {
        "identify_traits": 17,
        "group_traits": 12,
        "track_properties": 3,
        "page_properties": 7,
        "screen_properties": 1,
    }
    assert len(SPEC.field_corrections) == 20
    assert len(SPEC.disagreements) == 15


def test_superseded_events_lead_to_their_successors():
    # The fifth had its name already, with other properties.
    names = {old.name.removesuffix(" (v1 shape)"): old for old in SPEC.old_events}

    assert {old.superseded_by for old in names.values()} <= EVENTS.keys()
    assert {name: right_name(name) or name for name in names} == {
        name: old.superseded_by for name, old in names.items()
    }


def test_every_spec_exception_is_a_contradiction_of_the_docs():
    known = {one.id for one in SPEC.disagreements}

    # The facts list these with the names of events.
    names = {"email-unsubscribed", "other-names", "custom-component"}
    assert READINGS.keys() - known == names


def test_each_contradiction_has_an_exception_a_loser_or_no_rule():
    no_rule = {
        "chat-message-body", "refund-properties", "video-seek-position", "categories",
        "supported-calls",
    }  # fmt: skip
    lost = {"email-examples", "alias-previous-id"}
    sent = {"type": "alias", "userId": "u", "user_id": "u", "action": "alias"}

    assert {one.id for one in SPEC.disagreements} - READINGS.keys() == no_rule | lost
    said = {issue.path: issue.message for issue in check(sent)}
    assert said.keys() == {"previousId", "user_id", "action"}
    assert "optional in the Alias Spec" in said.pop("previousId")
    assert all("Email Spec are wrong" in message for message in said.values())
    assert (
        "partner docs is wrong"
        in check({"type": "page", "userId": "u", "traits": {}})[0].message
    )


def test_each_event_has_its_page_of_the_docs():
    assert docs_of(EVENTS["Email Opened"]) == (
        "https://segment.com/docs/connections/spec/email/"
    )
    assert docs_of(EVENTS["Order Completed"]) == (
        "https://segment.com/docs/connections/spec/ecommerce/v2/"
    )
