from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import streams
from streams.audit.details import reason
from streams.audit.sentences import SENTENCES, describe, outline
from streams.connections.regions import Region

ROOT = Path(streams.__file__).parent


ACTION = re.compile(r"[a-z]+\.[a-z_]+")


def recorded(source: str) -> Iterator[str]:
    """Return the actions that code writes as literal strings."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and "record" in ast.unparse(node.func):
            texts = [
                part.value for part in ast.walk(node) if isinstance(part, ast.Constant)
            ]
            yield from (text for text in texts if ACTION.fullmatch(str(text)))


@pytest.mark.parametrize(
    ("action", "detail", "told"),
    [
        (
            "stream.submitted",
            {"plan_version": 3},
            "Submitted the stream for review, with plan version 3",
        ),
        (
            "page.published",
            {"page": "source", "number": 2},
            "Published version 2 of the source page",
        ),
        (
            "stream.submitted",
            {},
            "Submitted the stream for review, with plan version –",
        ),
        (
            "quarantine.release",
            {"events": 1},
            "Released 1 event from quarantine",
        ),
        (
            "quarantine.release",
            {},
            "Released – events from quarantine",
        ),
        ("cheese.eaten_up", {}, "Cheese eaten up"),
        (
            "replay.started",
            {"events": "4994-4996"},
            "Started a replay within events 4,994–4,996",
        ),
    ],
)
def test_an_entry_reads_as_a_sentence_with_its_actor(action, detail, told):
    assert describe(action, detail) == told


def test_the_reason_of_an_entry_is_shown_beside_it():
    assert (
        reason("stream.sent_back", {"comment": "Say who.", "stream": "p"}) == "Say who."
    )
    assert reason("stream.changed", {"changed": "version: 1.0.0 → 1.0.1"}) != ""
    assert reason("partner.changed", {"fields": "name"}) == ""  # in the sentence


def test_the_sentence_of_an_action_can_be_shown_without_an_entry():
    assert outline("stream.created") == "Created the stream …"
    assert outline("quarantine.release") == "Released … events from quarantine"
    assert all("%" not in outline(action) for action in SENTENCES)


def test_every_action_has_a_sentence():
    files = [file for file in ROOT.rglob("*.py") if "migrations" not in file.parts]

    found = {action for file in files for action in recorded(file.read_text())}

    assert len(found) > 20
    assert sorted(found - SENTENCES.keys()) == []


def test_a_region_has_the_same_name_as_elsewhere():
    for region in Region:
        sentence = describe("connection.made", {"key": "…1234", "region": region.value})

        assert sentence == f"Connected Segment with key …1234 in region {region.short}"
