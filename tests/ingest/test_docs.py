"""docs/ingest.md says what the code does."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from streams.ingest import accesses, answers, body, owner, protocol, wire
from streams.spec import calls, sound

ROOT = settings.BASE_DIR
PAGE = (ROOT / "docs" / "ingest.md").read_text()
SOURCES = [
    # Of the Spec, what keeps an event from being taken at all.
    ROOT / "streams" / "spec" / "calls.py",
    ROOT / "streams" / "spec" / "sound.py",
    *(ROOT / "streams" / "ingest").glob("*.py"),
    ROOT / "streams" / "events" / "intake.py",
]
RULE = re.compile(r"\b(?:SPEC|INGEST)-[A-Z]+-\d{3}\b")


def row(name: str) -> str:
    """The second column of a table's row."""
    return re.search(rf"^\| {re.escape(name)} \| (.*) \|$", PAGE, re.MULTILINE)[1]


def test_every_rule_is_explained_and_no_other():
    page = re.sub(r"(`(INGEST-BATCH-)001`[^|]*)", _spelled_out, PAGE)

    rules = {rule for source in SOURCES for rule in RULE.findall(source.read_text())}

    assert set(RULE.findall(page)) == rules


def _spelled_out(cell: re.Match) -> str:
    return re.sub(r"`-(\d{3})`", rf"`{cell[2]}\1`", cell[1])


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        (
            "request, before and after gzip",
            f"{body.MAX_BYTES:,} bytes; {body.MAX_PARTNER_BYTES:,} with a partner token",
        ),
        ("events in a batch", f"{body.MAX_EVENTS:,}"),
        (
            "one event, as sent and with what the portal adds",
            f"{sound.MAX_EVENT_BYTES:,} bytes",
        ),
        ("nesting in an event", f"{sound.MAX_DEPTH}"),
        ("`messageId`", f"{calls.MAX_MESSAGE_ID} characters"),
        ("`workspace`", f"{owner.MAX_EXTERNAL_ID} characters"),
        ("time for a body to arrive", f"{protocol.BODY_TIMEOUT_S:.0f} seconds"),
        (
            "path and headers",
            f"{wire.MAX_TARGET_BYTES:,} and {wire.MAX_HEAD_BYTES:,} bytes; {wire.MAX_HEADERS} headers",
        ),
        (
            "time between two requests of a connection",
            f"{protocol.IDLE_TIMEOUT_S:.0f} seconds",
        ),
    ],
)
def test_the_bounds_are_those_of_the_code(name, bound):
    assert row(name) == bound


def test_the_seconds_until_a_key_counts_are_those_of_the_code():
    said = f"within {accesses.FRESH_S:.0f} seconds; a new one is taken within {accesses.ABSENT_S:.0f}."

    assert said in PAGE


def test_the_seconds_until_a_mode_counts_are_those_of_the_code():
    assert f"A change counts within {accesses.FRESH_S:.0f} seconds." in PAGE


def test_the_outcomes_are_those_of_the_code():
    outcomes = [*answers.TAKEN, answers.REJECTED, answers.THROTTLED]

    table = PAGE.partition("| outcome | meaning |")[2].partition("\n\n")[0]

    assert re.findall(r"^\| `([a-z]+)` \| ", table, re.MULTILINE) == outcomes


def test_the_findings_in_an_answer_are_as_many_as_in_the_code():
    said = re.sub(r"\s+", " ", PAGE)

    assert (
        f"at most {answers.MOST_OF_EVENT} of an event and {answers.MOST_FINDINGS} in an"
        in said
    )
