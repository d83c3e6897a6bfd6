"""`scripts/check_docs.py`: links, anchors, paths and tests that the docs name exist."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.servers.keeper import ROOT

SCRIPT = ROOT / "scripts" / "check_docs.py"


@pytest.fixture
def repository(tmp_path):
    """A repository with a page, a module and a test."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    write(tmp_path, "docs/other.md", "# Other page\n\n## The `drain`, and more\n")
    write(tmp_path, "streams/events/log.py", "")
    write(tmp_path, "tests/test_log.py", "def test_numbers_have_no_gaps(): ...\n")
    return tmp_path


def write(folder, name, text):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def check(folder):
    return subprocess.run(
        [sys.executable, SCRIPT, folder], capture_output=True, text=True
    )


def test_our_own_docs_have_no_problem():
    done = check(ROOT)

    assert (done.returncode, done.stdout.splitlines()[:-1]) == (0, [])


@pytest.mark.parametrize(
    "text",
    [
        "[other](docs/other.md), [part](docs/other.md#the-drain-and-more), [top](#a)",
        "[elsewhere](https://example.com/missing#x) and [the portal](/docs/)",
        "`events/log.py`, `streams/events/log.py`, `log.py`",
        "`tests/test_log.py::test_numbers_have_no_gaps`, `…::test_numbers_…`",
        "```\n[no](link.md)\n```",
    ],
)
def test_existing_targets_are_no_problem(repository, text):
    write(repository, "README.md", f"# A\n\n{text}\n")

    assert check(repository).returncode == 0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[gone](docs/gone.md)", "docs/gone.md does not exist"),
        ("![gone](gone.png)", "gone.png does not exist"),
        ("[part](docs/other.md#the-drain)", "docs/other.md#the-drain: there is no such heading"),
        ("[part](#b)", "#b: there is no such heading"),
        ("[guide](/docs/guide/gone/)", "/docs/guide/gone/ does not exist"),
        ("`events/gone.py`", "events/gone.py does not exist"),
        ("`gone.py`", "gone.py does not exist"),
        ("`tests/test_log.py::test_gone`", "tests/test_log.py::test_gone does not exist"),
        ("`tests/test_log.py`, `…::test_numb`", "…::test_numb does not exist"),
    ],
)  # fmt: skip
def test_missing_targets_are_found(repository, text, problem):
    write(repository, "README.md", f"# A\n\nText.\n\n{text}\n")

    done = check(repository)

    assert done.returncode == 1
    assert done.stdout == f"README.md:5: {problem}\nMarkdown files: 2, problems: 1\n"
