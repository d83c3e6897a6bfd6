"""`scripts/release.py`, run in a temporary clone of this repository."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from datetime import UTC, datetime

import pytest

from tests.servers.keeper import ROOT

SECTION = "## 9.9.0 (unreleased)\n\n### For operators\n\n- Nothing to do.\n\n"
IDENTITY = {
    "user.name": "Robin",
    "user.email": "robin@example.com",
    "commit.gpgsign": "false",
    "tag.gpgsign": "false",
}


@pytest.fixture
def clone(tmp_path):
    """A clone on main, with the next version in the changelog, committed."""
    folder = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    git(folder, "checkout", "--quiet", "-B", "main")
    for name, value in IDENTITY.items():
        git(folder, "config", name, value)
    for name in ("scripts/release.py", "pyproject.toml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder / name)
    add_section(folder, SECTION)
    return folder


def add_section(folder, section):
    """Add a section at the top of the changelog, and commit."""
    file = folder / "CHANGELOG.md"
    file.write_text(file.read_text().replace("## ", f"{section}## ", 1))
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Note what is new")


def git(folder, *arguments):
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


def release(folder, *arguments):
    return subprocess.run(
        [sys.executable, folder / "scripts" / "release.py", *arguments],
        capture_output=True,
        text=True,
    )


def version_of(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text())["project"]["version"]


def test_a_release_sets_the_version_dates_the_changelog_and_tags(clone):
    done = release(clone, "9.9.0")

    assert (done.returncode, done.stderr) == (0, "")
    assert version_of(clone) == "9.9.0"
    today = datetime.now(UTC).date().isoformat()
    assert f"## 9.9.0 ({today})\n\n### For operators\n" in (clone / "CHANGELOG.md").read_text()  # fmt: skip
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "log", "-1", "--format=%s%n%D").split("\n")[:2] == [
        "Release 9.9.0",
        "HEAD -> main, tag: v9.9.0",
    ]
    assert git(clone, "show", "--stat", "--format=", "HEAD").count("|") == 2
    notes = git(clone, "for-each-ref", "--format=%(contents)", "refs/tags/v9.9.0")
    assert notes.strip() == "Version 9.9.0\n\n### For operators\n\n- Nothing to do."


def test_a_second_release_needs_its_own_section(clone):
    release(clone, "9.9.0")
    add_section(clone, SECTION.replace("9.9.0", "9.9.1"))

    again, next_one = release(clone, "9.9.0"), release(clone, "9.9.1")

    assert (again.returncode, again.stderr) == (1, "The tag v9.9.0 exists already.\n")
    assert (next_one.returncode, version_of(clone)) == (0, "9.9.1")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "Usage: "),
        (("9.9",), "9.9 is not a version such as 1.2.3."),
        (("v9.9.0",), "v9.9.0 is not a version such as 1.2.3."),
        (("0.0.1",), "0.0.1 is older than "),
        (("9.9.1",), "The top section of CHANGELOG.md must be '## 9.9.1 (unreleased)'; it is '## 9.9.0 (unreleased)'."),
    ],
)  # fmt: skip
def test_an_unfinished_release_is_refused_and_changes_nothing(clone, arguments, says):
    done = release(clone, *arguments)

    assert (done.returncode, done.stderr[: len(says)]) == (1, says)
    assert git(clone, "status", "--porcelain") == ""
    assert git(clone, "log", "-1", "--format=%s") == "Note what is new\n"


def test_an_empty_section_is_refused(clone):
    add_section(clone, "## 9.9.1 (unreleased)\n\n")

    assert release(clone, "9.9.1").stderr.endswith("is empty.\n")


def test_a_tree_with_changes_is_refused(clone):
    (clone / "new.txt").write_text("")

    done = release(clone, "9.9.0")

    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "?? new.txt")


def test_another_branch_is_refused(clone):
    git(clone, "checkout", "--quiet", "-b", "feature")

    done = release(clone, "9.9.0")

    assert done.stderr == "Releases are made on main, not on feature.\n"


def test_the_changelog_starts_with_the_version_of_the_project():
    top = re.search(r"^## (\S+) \((.+)\)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)  # fmt: skip

    assert top
    version, date = top.groups()
    assert date == "unreleased" or datetime.fromisoformat(date)
    assert date == "unreleased" or version == version_of(ROOT)
