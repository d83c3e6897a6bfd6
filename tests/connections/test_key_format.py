from __future__ import annotations

import pytest

from streams.connections.key_format import WHERE, problem_with, trimmed
from tests.factories import WRITE_KEY


def rule_of(text: str) -> str | None:
    problem = problem_with(text)
    return problem and problem.rule


@pytest.mark.parametrize(
    "text",
    [
        WRITE_KEY,
        "abcdefghijklmnopqrstuvwxyzABCDEF",
        "0123456789abcdef0123456789abcdef",
        f"  {WRITE_KEY}\r\n",
        f"\u00a0\ufeff{WRITE_KEY}\u200b ",
    ],
)
def test_a_key_of_32_letters_and_digits_is_valid_whatever_was_copied_around_it(text):
    assert problem_with(text) is None


def test_only_text_around_a_key_is_trimmed():
    assert trimmed(f" \u200b {WRITE_KEY} \u200b\n") == WRITE_KEY
    assert trimmed("a b") == "a b"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        (f"{WRITE_KEY[:16]} {WRITE_KEY[16:]}", "spaces"),
        (f"{WRITE_KEY} {WRITE_KEY}", "spaces"),
        (f"{WRITE_KEY[:16]}\u200b{WRITE_KEY[16:]}", "spaces"),
        (WRITE_KEY[:-1], "length"),
        (WRITE_KEY + "1", "length"),
        ("aB3", "length"),
        ("sgp_" + "aB1" * 21 + "a", "public_api_token"),
        ("a" * 43 + "." + "b" * 43, "public_api_token"),
        ("ik_" + "a" * 32, "ingest_key"),
        ("pt_" + "a" * 32, "partner_token"),
        ("https://app.segment.com/acme/sources/website/overview", "url"),
        ("app.segment.com/acme", "url"),
        ("alice@example.com", "email"),
        ("4f2c5a1e-9b3d-4c7a-8e21-0a1b2c3d4e5f", "uuid"),
        ("acme-production", "slug"),
        ("javascript_source", "slug"),
        ("acme", "slug"),
        ("rh5BDZp6QDHvXFCkibm1pR", "segment_id"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "private_key"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1", "access_token"),
        ("Basic YWJjOg==", "header"),
        ("Authorization: Bearer abc", "header"),
        (f'analytics.load("{WRITE_KEY}");', "snippet"),
        (f"writeKey: '{WRITE_KEY}'", "snippet"),
        ("YOUR_WRITE_KEY", "placeholder"),
        ("<write key>", "placeholder"),
        (f"'{WRITE_KEY}'", "characters"),
        (WRITE_KEY[:-1] + "-", "characters"),
        ("\u0410" + WRITE_KEY[1:], "lookalike_letters"),  # a Cyrillic A
        ("\uff11" + WRITE_KEY[1:], "lookalike_letters"),  # a full-width 1
        ("\x00" + WRITE_KEY[1:], "lookalike_letters"),
    ],
)
def test_a_known_text_pasted_in_place_of_a_key_is_named(text, rule):
    assert rule_of(text) == rule


def test_the_message_says_what_was_pasted_and_where_to_find_the_key():
    problem = problem_with("sgp_" + "x" * 64)

    assert str(problem) == (
        "This is a token of Segment's Public API. Keep it secret: it can change your whole"
        " workspace. A write key can only add events to one source. In Segment, go to"
        " Connections → Sources, select the source, then open Settings → API Keys and"
        " copy the Write Key."
    )


def test_a_wrong_length_is_reported_with_its_number():
    assert str(problem_with("a1B" * 10)).startswith(
        "The text has 30 characters, but a write key has 32. Part of the key is missing."
    )
    assert str(problem_with("a1B" * 11)).startswith(
        "The text has 33 characters, but a write key has 32. Copy only the key."
    )


def test_a_text_that_is_far_too_long_is_not_examined():
    assert rule_of("a@" + "." * 1_000_000 + "@") == "length"


def test_a_lookalike_character_is_named():
    problem = problem_with("\u0410" + WRITE_KEY[1:])

    assert (
        "Character 1 isn't a plain letter or digit, but “cyrillic capital letter a”."
        in (str(problem))
    )


def test_no_message_repeats_the_pasted_text():
    pasted = ["sgp_Secret" + "x" * 50, "pt_Secret", "Secret Secret", "SecretSecret1"]

    messages = [str(problem_with(text)) for text in pasted]

    assert not [m for m in messages if "Secret" in m.replace(str(WHERE), "")]
