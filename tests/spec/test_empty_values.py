"""Empty strings, nulls and PHP's `[]`, as official libraries send them."""

from __future__ import annotations

import json

import pytest

from streams.spec.call_structure import structure_issues
from streams.spec.check.check_text import check_as_sent
from streams.spec.content.empty_values import tidy

PAGE = {"type": "page", "userId": "u1"}
ANONYMOUS = {"type": "page", "anonymousId": "a1"}


def tidied(event, **keywords):
    copy = json.loads(json.dumps(event))
    tidy(copy, **keywords)
    return copy


@pytest.mark.parametrize("nothing", ["", None])
@pytest.mark.parametrize(
    "key", ["name", "category", "anonymousId", "messageId", "timestamp"]
)
def test_an_optional_field_without_a_value_is_removed(key, nothing):
    assert tidied(PAGE | {key: nothing}) == PAGE


@pytest.mark.parametrize("nothing", ["", None])
def test_an_empty_id_is_removed_if_the_other_one_is_sufficient(nothing):
    event = ANONYMOUS | {"userId": nothing}

    assert tidied(event, allow_anonymous=True) == ANONYMOUS
    assert "userId" in tidied(event)
    assert "userId" in tidied(event | {"type": "alias"}, allow_anonymous=True)


@pytest.mark.parametrize(
    ("event", "rule"),
    [
        ({"type": "track", "userId": "u", "event": ""}, "SPEC-NAME-002"),
        ({"type": "page", "userId": ""}, "SPEC-ID-003"),
        ({"type": "group", "userId": "u", "groupId": ""}, "SPEC-ID-003"),
        ({"type": "alias", "userId": "u", "previousId": ""}, "SPEC-ID-003"),
        ({"type": "page", "userId": "u", "name": 7}, "SPEC-NAME-002"),
        ({"type": "page", "userId": "u", "properties": [1]}, "SPEC-OBJECT-001"),
        ({"type": "page", "userId": "u", "context": ""}, "SPEC-OBJECT-001"),
    ],
)
def test_empty_required_fields_and_other_types_are_still_refused(event, rule):
    assert [issue.rule for issue in structure_issues(tidied(event))] == [rule]


@pytest.mark.parametrize("key", ["context", "integrations", "properties", "traits"])
def test_an_empty_list_is_an_empty_object(key):
    assert tidied(PAGE | {key: []})[key] == {}
    assert key not in tidied(PAGE | {key: None})


def test_that_applies_only_where_the_spec_has_an_object():
    context = {
        key: []
        for key in ("library", "campaign", "device", "os", "page", "traits", "app")
    }
    event = {
        "type": "identify",
        "userId": "u1",
        "context": context | {"groupId": "", "own": []},
        "traits": {"address": [], "company": [], "tags": []},
        "integrations": {"All": True, "Amplitude": []},
    }

    assert tidied(event) == event | {
        "context": {key: {} for key in context} | {"own": []},
        "traits": {"address": {}, "company": {}, "tags": []},
        "integrations": {"All": True, "Amplitude": {}},
    }
    nested = tidied(event | {"context": {"traits": {"address": []}}})
    assert nested["context"] == {"traits": {"address": {}}}


def test_the_checks_report_no_issue_for_it():
    event = PAGE | {"name": "", "context": {"campaign": []}, "properties": []}

    result = check_as_sent(json.dumps(event).encode())

    assert (result.issues, result.is_valid, result.event) == ([], True, event)


@pytest.mark.parametrize("value", [["x"], {"a": 1}, 7, None, ""])
@pytest.mark.parametrize("key", ["type", "event", "userId", "context", "properties"])
def test_any_json_is_normalized_without_an_exception(key, value):
    event = {"type": "track", "event": "E", "userId": "u", "properties": {"a": 1}}

    tidied(event | {key: value})
    tidied({"type": "identify", "traits": {"a": 1}} | {key: value})


def test_phps_empty_preferences_are_an_empty_object():
    context = {"consent": {"categoryPreferences": []}}

    assert tidied(PAGE | {"context": context})["context"] == {
        "consent": {"categoryPreferences": {}}
    }
