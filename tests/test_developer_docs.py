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


# Of OWASP ASVS 5.0, the requirements of levels 1 and 2: (section, number of them).
REQUIREMENTS = {
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
    "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
}  # fmt: skip


def test_the_security_page_has_each_requirement_of_level_2_once():
    page = text("docs/security.md")
    numbers = re.findall(r"^\| (\d\.\d\.\d+) \| .+ \| .+ \| .+ \|$", page, re.MULTILINE)

    assert numbers == [
        f"{section}.{number}"
        for section, count in REQUIREMENTS.items()
        for number in range(1, count + 1)
    ]


def test_the_evidence_of_the_security_page_is_where_it_says():
    *_, section = text("docs/security.md").partition("## Sign-in and sessions")
    named = set(re.findall(r"`([\w/]+\.py)`", section))

    files = {name if "/" in name else f"tests/portal/{name}" for name in named}
    assert len(files) > 10
    assert {name for name in files if not (ROOT / name).is_file()} == set()
