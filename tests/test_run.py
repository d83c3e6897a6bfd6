from __future__ import annotations

import subprocess
import sys
from io import BytesIO

import pytest

from scripts.check import CHECKS
from tests.run import IN_CHECK, ONLY_ON, Outcome, read, run
from tests.servers.keeper import ROOT

REPORT = b"""\
<testsuites><testsuite>
  <testcase classname="tests.test_a" name="test_passes"/>
  <testcase classname="tests.test_a" name="test_passes_too"/>
  <testcase classname="tests.test_a" name="test_fails"><failure message="no"/></testcase>
  <testcase classname="tests.test_a" name="test_breaks"><error message="oh"/></testcase>
  <testcase classname="tests.test_a" name="test_is_left_out">
    <skipped type="pytest.skip" message="no Chromium"/>
  </testcase>
</testsuite></testsuites>
"""


def test_every_case_counts_once():
    assert read(BytesIO(REPORT), "SQLite") == Outcome(
        passed=2,
        failed=2,
        skipped=["tests.test_a.test_is_left_out on SQLite: no Chromium"],
    )


def test_tests_that_need_one_database_are_not_left_to_the_other():
    vendors = {"sqlite": "postgresql", "postgres": "sqlite"}
    lost = [
        file
        for database, other in vendors.items()
        for room in ONLY_ON[database]
        for file in files_of(ROOT / room)
        if f'vendor == "{other}"' in file.read_text()
    ]

    assert lost == []


def test_every_path_that_only_one_pass_runs_exists():
    assert all(files_of(ROOT / room) for rooms in ONLY_ON.values() for room in rooms)


def test_tests_left_to_make_check_run_there():
    commands = [command.split() for command, _ in CHECKS.values()]

    assert [[room in words for words in commands].count(True) for room in IN_CHECK] == [
        1
    ]


def files_of(room):
    return [*room.rglob("test_*.py")] if room.is_dir() else [room] * room.exists()


@pytest.mark.processes
def test_a_pass_without_tests_failed():
    arguments = ["-n0", "tests/test_run.py", "-k", "no_such_test"]

    assert run("sqlite", "SQLite", arguments) == Outcome(failed=1)


@pytest.mark.processes
def test_the_last_line_counts_both_passes():
    test = "tests/test_run.py::test_every_case_counts_once"

    said = subprocess.run(
        [sys.executable, "-m", "tests.run", "-n0", test], capture_output=True, text=True
    )

    assert (said.returncode, said.stdout.splitlines()[-1]) == (0, "2 passed, 0 failed")
