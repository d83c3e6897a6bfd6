from __future__ import annotations

import pytest

from streams.identity import user_ids
from streams.identity.digests import digests, feed_secret, message
from streams.identity.identifiers import Identifier, IdentifierKind, normalized
from tests.connections.test_write_keys import ring

TOOL_ID, EMAIL, PHONE, ANONYMOUS_ID, EXTERNAL_ID = IdentifierKind


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        (EMAIL, "Alice@Example.com", " alice@example.COM\n"),
        (EMAIL, "straße@example.com", "STRASSE@example.com"),
        (PHONE, "+1 (415) 555-0100", "14155550100"),
        (PHONE, "+41 44 668 18 00", "+41.44.6681800"),
        (PHONE, "+٤١ ٤٤ ٦٦٨", "+41 44 668"),
    ],
)
def test_two_spellings_identify_one_person(kind, one, other):
    assert normalized(Identifier(kind, one)) == normalized(Identifier(kind, other))


@pytest.mark.parametrize("kind", [TOOL_ID, ANONYMOUS_ID, EXTERNAL_ID])
def test_other_identifiers_are_compared_byte_for_byte(kind):
    values = ["abc", "ABC", " abc", "abc ", "a-b-c", "e\u0301", "é"]

    assert [normalized(Identifier(kind, value)) for value in values] == values


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *[(kind, value) for kind in IdentifierKind for value in ("", " ", "null", "-1", "0-0")],
        *[(TOOL_ID, value) for value in ("NULL", "undefined", " anonymous ", "000-000")],
        *[(EMAIL, value) for value in ("alice", "@example.com", "alice@", "@")],
        *[(PHONE, value) for value in ("1234", "1" * 16, "n/a 12345", "000000", "+")],
        (TOOL_ID, "a" * 1001),
        (TOOL_ID, "\ud800"),
        (EMAIL, "\ud800@example.com"),
    ],
)  # fmt: skip
def test_a_placeholder_identifies_no_one(kind, value):
    assert normalized(Identifier(kind, value)) is None


@pytest.mark.parametrize("kind", ["a\nb", "a\0b", "a" * 101, "\ud800"])
def test_an_external_id_with_an_unusable_type_identifies_no_one(kind):
    assert normalized(Identifier(EXTERNAL_ID, "7", kind)) is None


def test_a_repr_has_no_value():
    assert repr(Identifier(EMAIL, "alice@example.com")) == "Identifier(EMAIL)"


def test_digests_differ_by_feed_and_kind_and_type_and_value():
    different = [
        Identifier(TOOL_ID, "7"),
        Identifier(ANONYMOUS_ID, "7"),
        Identifier(EXTERNAL_ID, "7"),
        Identifier(EXTERNAL_ID, "7", "a"),
        Identifier(EXTERNAL_ID, "7", "b"),
        Identifier(TOOL_ID, "8"),
    ]

    found = {d for feed in (1, 2) for d in digests(feed, different)}

    assert len(found) == 12


def test_digests_are_made_with_every_key_newest_first(settings):
    alice = Identifier(EMAIL, "alice@example.com")
    settings.IDENTITY_KEYS = ring("k1")
    [[by_k1]] = digests(1, [alice])
    settings.IDENTITY_KEYS = ring("k2", "k1")

    [[newest, older]] = digests(1, [alice])

    assert (len(by_k1), older) == (16, by_k1)
    assert newest != older


def test_a_partner_can_compute_the_digests_of_its_feed():
    import hmac

    alice = Identifier(EMAIL, "Alice@example.com")

    [[digest]] = digests(7, [alice])

    text = b"email\n\nalice@example.com"
    assert message(alice) == text
    assert hmac.digest(feed_secret(7, "t1"), text, "sha256")[:16] == digest


@pytest.mark.parametrize(
    ("user_id", "problem"),
    [
        (None, user_ids.NULL),
        (7, user_ids.NOT_TEXT),
        (True, user_ids.NOT_TEXT),
        (["7"], user_ids.NOT_TEXT),
        ("", user_ids.EMPTY),
        (" \t", user_ids.EMPTY),
        ("a" * 201, user_ids.TOO_LONG),
        ("a\0b", user_ids.UNSTORABLE),
        ("a\ud800", user_ids.UNSTORABLE),
        ("-1", user_ids.PLACEHOLDER),
        ("null", user_ids.PLACEHOLDER),
        ("Anonymous", user_ids.PLACEHOLDER),
        ("0", user_ids.PLACEHOLDER),
        ("00000000-0000-0000-0000-000000000000", user_ids.PLACEHOLDER),
        ("postbox-7", user_ids.TOOL_ID),
        ("a" * 200, None),
        ("0001", None),
        (" u1 ", None),
        ("alice@example.com", None),
    ],
)
def test_a_user_id_is_linked_or_refused_with_the_reason(user_id, problem):
    identifiers = [Identifier(TOOL_ID, "postbox-7"), Identifier(EMAIL, "a@example.com")]

    assert user_ids.problem(user_id, identifiers) is problem
