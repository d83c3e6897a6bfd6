"""The documents for developers name packages, decisions and commands that exist."""

from __future__ import annotations

import re

import pytest

from tests.servers.keeper import ROOT
from tests.test_layers import ORDER

ADR = ROOT / "docs" / "adr"


def text(name: str) -> str:
    return (ROOT / name).read_text()


def test_the_guide_for_contributors_lists_every_package_in_order():
    table = text("CONTRIBUTING.md").split("| package | contains |")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE)

    listed = [set(re.findall(r"`(\w+)`", row)) for row in rows]
    assert [row for row in ORDER if row not in listed] == []
    assert [row for row in listed if row not in ORDER] == []


def test_decisions_are_numbered_and_listed():
    files = sorted(file for file in ADR.glob("*.md") if file.name != "README.md")
    rows = re.findall(r"^\| (\d{4}) \| \[(.+)\]\((.+)\) \|$", text("docs/adr/README.md"), re.MULTILINE)  # fmt: skip

    assert [row[2] for row in rows] == [file.name for file in files]
    assert [int(row[0]) for row in rows] == list(range(1, len(files) + 1))
    for number, title, name in rows:
        assert name.startswith(f"{number}-")
        assert (ADR / name).read_text().startswith(f"# {int(number)}. {title}\n")


@pytest.mark.parametrize("file", sorted(ADR.glob("0*.md")), ids=lambda file: file.stem)
def test_a_decision_has_its_three_parts_and_is_short(file):
    record = file.read_text()

    assert re.findall(r"^## (.+)$", record, re.MULTILINE) == [
        "Context",
        "Decision",
        "Consequences",
    ]
    assert re.search(r"^Status: (proposed|accepted|superseded by \[.+\]\(.+\))$", record, re.MULTILINE)  # fmt: skip
    assert len(record.splitlines()) <= 25


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/benchmarks.md", "docs/reliability.md"])  # fmt: skip
def test_make_has_each_target_that_is_named(name):
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))

    named = set(re.findall(r"(?:`|^ *)make ([a-z-]+)", text(name), re.MULTILINE))
    assert named
    assert named - targets == set()
