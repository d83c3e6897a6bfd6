from __future__ import annotations

import pytest

from streams.spec.call_structure import CALL_PATHS, structure_issues

GOOD = {
    "identify": {"type": "identify", "userId": "u1", "traits": {"plan": "free"}},
    "track": {
        "type": "track",
        "userId": "u1",
        "event": "Email Opened",
        "properties": {},
    },
    "page": {"type": "page", "userId": "u1", "name": "Home", "category": None},
    "screen": {"type": "screen", "userId": "u1", "name": "Inbox"},
    "group": {"type": "group", "userId": "u1", "groupId": "g1"},
    "alias": {"type": "alias", "userId": "u1", "previousId": "a1"},
}


def rules(event, **settings):
    return [(issue.rule, issue.path) for issue in structure_issues(event, **settings)]


@pytest.mark.parametrize("call", GOOD)
def test_a_valid_call_has_no_issue(call):
    assert rules(GOOD[call]) == []


@pytest.mark.parametrize("call", GOOD)
def test_every_call_needs_a_user_id(call):
    event = GOOD[call] | {"userId": None, "anonymousId": "a1"}

    assert rules(event) == [("SPEC-ID-001", "userId")]


@pytest.mark.parametrize("call", sorted(set(GOOD) - {"alias"}))
def test_an_anonymous_id_is_sufficient_if_the_stream_allows_it(call):
    event = GOOD[call] | {"userId": None, "anonymousId": "a1"}

    assert rules(event, allow_anonymous=True) == []
    assert rules(event | {"anonymousId": None}, allow_anonymous=True) == [
        ("SPEC-ID-001", "userId")
    ]


def test_an_alias_needs_the_new_id_even_if_anonymous_events_are_allowed():
    event = GOOD["alias"] | {"userId": None, "anonymousId": "a1"}

    assert rules(event, allow_anonymous=True) == [("SPEC-ID-001", "userId")]


@pytest.mark.parametrize(
    ("call", "path"),
    [
        ("identify", "userId"),
        ("track", "anonymousId"),
        ("group", "groupId"),
        ("alias", "previousId"),
    ],
)
def test_ids_are_strings_that_are_not_empty(call, path):
    assert rules(GOOD[call] | {path: 42}) == [("SPEC-ID-002", path)]
    assert rules(GOOD[call] | {path: True}) == [("SPEC-ID-002", path)]
    assert rules(GOOD[call] | {path: ""}) == [("SPEC-ID-003", path)]
    assert rules(GOOD[call] | {path: " "}) == [("SPEC-ID-003", path)]


def test_the_fix_for_a_number_is_the_string_to_send():
    (issue,) = structure_issues(GOOD["track"] | {"userId": 42})

    assert issue.fix == 'Send it as a string: "userId": "42".'


@pytest.mark.parametrize(
    ("call", "path", "rule"),
    [
        ("group", "groupId", "SPEC-ID-004"),
        ("alias", "previousId", "SPEC-ID-005"),
        ("track", "event", "SPEC-NAME-001"),
    ],
)
def test_required_fields_of_each_call_are_checked(call, path, rule):
    event = {key: value for key, value in GOOD[call].items() if key != path}

    assert rules(event) == [(rule, path)]


@pytest.mark.parametrize(
    ("call", "path"), [("track", "event"), ("page", "name"), ("screen", "category")]
)
@pytest.mark.parametrize("value", [7, [], {}])
def test_names_are_strings(call, path, value):
    assert rules(GOOD[call] | {path: value}) == [("SPEC-NAME-002", path)]


@pytest.mark.parametrize(
    ("call", "path"),
    [
        ("track", "properties"),
        ("identify", "traits"),
        ("page", "context"),
        ("alias", "integrations"),
    ],
)
@pytest.mark.parametrize("value", [[], "text", 7, False])
def test_objects_are_objects(call, path, value):
    assert rules(GOOD[call] | {path: value}) == [("SPEC-OBJECT-001", path)]


@pytest.mark.parametrize("value", ["x" * 101, "", 7])
def test_a_message_id_is_a_string_of_up_to_100_characters(value):
    event = GOOD["track"]

    assert rules(event | {"messageId": "x" * 100}) == []
    assert rules(event | {"messageId": value}) == [("SPEC-MESSAGE-001", "messageId")]


@pytest.mark.parametrize("value", ["soon", 1700000000])
def test_a_timestamp_is_an_iso_time(value):
    assert rules(GOOD["track"] | {"timestamp": value}) == [
        ("SPEC-TIME-001", "timestamp")
    ]


@pytest.mark.parametrize("value", ["Track", "delete", 7, None, ["track"]])
def test_a_type_is_one_of_the_six_calls(value):
    assert rules(GOOD["track"] | {"type": value}) == [("SPEC-TYPE-001", "type")]


def test_all_issues_of_a_call_are_found():
    event = {"type": "track", "userId": 7, "properties": [], "timestamp": "soon"}

    assert rules(event) == [
        ("SPEC-ID-002", "userId"),
        ("SPEC-NAME-001", "event"),
        ("SPEC-OBJECT-001", "properties"),
        ("SPEC-TIME-001", "timestamp"),
    ]


def test_each_call_has_a_path_and_a_letter():
    assert CALL_PATHS == {
        "identify": "identify", "i": "identify", "track": "track", "t": "track",
        "page": "page", "p": "page", "screen": "screen", "s": "screen",
        "group": "group", "g": "group", "alias": "alias", "a": "alias",
    }  # fmt: skip


def test_a_call_with_only_an_anonymous_id_names_the_setting():
    setting = (
        "“Accept events with only an anonymousId”"  # as the portal's form calls it
    )
    anonymous = {"anonymousId": "a1", "previousId": "a0", "event": "E"}
    said = {
        call: structure_issues({"type": call, **anonymous})[0]
        for call in ("track", "alias")
    }

    assert {issue.rule for issue in said.values()} == {"SPEC-ID-001"}
    assert f"turn on {setting}" in said["track"].fix
    assert "always needs one" in said["alias"].message
    assert setting in said["alias"].fix


PREFERENCES = "context.consent.categoryPreferences"


@pytest.mark.parametrize(
    ("consent", "path"),
    [
        ("yes", "context.consent"),
        ([True], "context.consent"),
        ({"categoryPreferences": None}, PREFERENCES),
        ({"categoryPreferences": ["Advertising"]}, PREFERENCES),
        ({"categoryPreferences": {"Advertising": "true"}}, PREFERENCES),
        ({"categoryPreferences": {"Analytics": True, "Advertising": 1}}, PREFERENCES),
        ({"categoryPreferences": {"Advertising": None}}, PREFERENCES),
    ],
)
@pytest.mark.parametrize("call", GOOD)
def test_consent_needs_a_boolean_for_each_category(call, consent, path):
    event = GOOD[call] | {"context": {"consent": consent}}

    assert rules(event) == [("SPEC-CONSENT-001", path)]


@pytest.mark.parametrize(
    "consent",
    [
        None,
        {},
        {"categoryPreferences": {}},  # Segment accepts it: the mode decides
        {"categoryPreferences": {"Advertising": True, "Analytics": False}},
        {"conversion": 1},
    ],
)
def test_consent_that_segment_accepts_has_no_structural_issue(consent):
    assert rules(GOOD["track"] | {"context": {"consent": consent}}) == []
