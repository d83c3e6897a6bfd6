from __future__ import annotations

import re
from pathlib import Path

from streams.spec.rules import RULES

STREAMS = Path(__file__).resolve().parents[2] / "streams"


def test_ids_have_one_format():
    assert all(re.fullmatch(r"SPEC-[A-Z]+-[0-9]{3}", rule) for rule in RULES)


def test_each_rule_names_a_page_of_segments_docs():
    assert all(
        rule.title and rule.docs.startswith("https://segment.com/docs/")
        for rule in RULES.values()
    )


def test_each_rule_is_used_and_no_unknown_rule_is():
    code = "\n".join(
        file.read_text() for file in STREAMS.rglob("*.py") if file.name != "rules.py"
    )

    used = set(re.findall(r"SPEC-[A-Z]+-[0-9]{3}", code))
    # collisions.py names these by their number.
    used |= {f"SPEC-NAME-{number:03}" for number in range(3, 9)}
    assert used == RULES.keys()
