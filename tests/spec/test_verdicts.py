"""docs/spec-verdicts.md matches the checks."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from streams.spec.names.collisions import collision
from streams.spec.names.event_names import name_issues
from streams.spec.spec_data import EVENTS
from streams.spec.spec_exceptions import SAFE

REPORT = Path(__file__).resolve().parents[2] / "docs" / "spec-verdicts.md"
ROW = re.compile(r"\| (\S+) \| `(.+)` \| (.+) \| (.*) \| (.*) \|")


def rows(heading):
    """Return the rows below a heading: source, name, verdict, right name, rules."""
    section = REPORT.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return ROW.findall(section)


def verdict(name):
    issues = name_issues(name, SAFE)
    found = collision("track", name)
    told = issues[0].severity if issues else "no issue"
    rules = ", ".join(issue.rule for issue in issues)
    return "exact" if name in EVENTS else told, found.right if found else "", rules


def test_every_name_has_the_verdict_of_the_checks():
    names = rows("All names")

    assert len(names) == 664
    assert [row for row in names if verdict(row[1]) != row[2:]] == []


def test_the_specs_own_names_have_no_issue():
    exact = [row for row in rows("All names") if row[1] in EVENTS]

    assert len(exact) == 146
    assert {row[2:] for row in exact} == {("exact", "", "")}


def test_the_counts_are_those_of_the_table():
    counted = Counter(row[2] for row in rows("All names"))

    head = REPORT.read_text().split("\n## ")[0]
    assert counted == {
        told: int(count)
        for told, count in re.findall(r"\| ([a-z ]+) \| (\d+) \|", head)
    }


def test_the_fifty_reviewed_verdicts_are_unchanged():
    read = rows("50 verdicts reviewed by hand")

    assert len({name for _, name, *_ in read}) == 50
    assert [row for row in read if verdict(row[1])[:2] != row[2:4]] == []
    assert {judged for *_, judged in read} == {"right", "arguable"}
