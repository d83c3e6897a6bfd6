from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

RIGHT = '{"type": "track", "userId": "u1", "event": "Order Completed"}'
WRONG_NAME = '{"type": "track", "userId": "u1", "event": "Purchase"}'
OTHER_CASE = '{"type": "track", "userId": "u1", "event": "trip started"}'
BROKEN = '{"type": "track",'


@pytest.fixture
def run(tmp_path):
    def run(*lines, **options):
        """Return the exit status and the output."""
        path = tmp_path / "events.jsonl"
        path.write_bytes("\n".join(lines).encode())
        out = StringIO()
        try:
            call_command("check_events", str(path), stdout=out, **options)
        except SystemExit as ended:
            return ended.code, out.getvalue()
        return 0, out.getvalue()

    return run


def test_json_output_lists_the_issues_of_every_line(run):
    status, printed = run(RIGHT, WRONG_NAME, BROKEN, format="json")

    right, wrong, broken = map(json.loads, printed.splitlines())
    assert status == 1
    assert right == {"line": 1, "findings": []}
    (issue,) = wrong["findings"]
    assert wrong["line"] == 2
    assert list(issue) == ["rule", "severity", "path", "message", "fix", "docs"]
    assert (issue["rule"], issue["path"]) == ("SPEC-NAME-003", "event")
    assert (issue["severity"], issue["fix"]) == (
        "error", "Send it as “Order Completed”.",
    )  # fmt: skip
    assert issue["docs"].startswith("https://segment.com/docs/")
    assert (broken["line"], broken["findings"][0]["rule"]) == (3, "SPEC-JSON-001")


def test_without_errors_it_exits_with_0(run):
    assert run(RIGHT, OTHER_CASE)[0] == 0


def test_blank_lines_are_counted_and_skipped(run):
    status, printed = run("\ufeff" + RIGHT, "", "  \r", RIGHT, "", format="json")

    assert status == 0
    assert [json.loads(row)["line"] for row in printed.splitlines()] == [1, 4]


def test_text_output_says_what_is_wrong_where_and_what_to_do(run):
    status, printed = run(RIGHT, WRONG_NAME, OTHER_CASE)

    assert status == 1
    assert printed.startswith("Line 2\n  error    SPEC-NAME-003  event\n")
    assert "    Fix: Send it as “Order Completed”.\n" in printed
    assert printed.splitlines()[-1] == (
        "Events checked: 3 (1 with errors, 0 with warnings only, 1 with hints only,"
        " 1 with no issues)."
    )


def test_an_empty_file_is_reported_as_empty(run):
    assert run("", "") == (0, "The file contains no events.\n")


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_an_unreadable_file_has_its_own_exit_status(tmp_path, name):
    with pytest.raises(CommandError, match="cannot be read: ") as raised:
        call_command("check_events", str(tmp_path / name))

    assert raised.value.returncode == 2


def test_it_reads_stdin_and_needs_no_database():
    command = [sys.executable, "manage.py", "check_events", "--format", "json", "-"]
    nowhere = os.environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}

    done = subprocess.run(
        command, input=f"{WRONG_NAME}\n".encode(), env=nowhere, capture_output=True
    )

    assert (done.returncode, done.stderr) == (1, b"")
    assert json.loads(done.stdout)["findings"][0]["rule"] == "SPEC-NAME-003"


def test_the_reader_of_its_output_may_stop(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text(f"{WRONG_NAME}\n" * 5_000)
    command = [sys.executable, "manage.py", "check_events", str(path)]

    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as started:
        first = started.stdout.readline()
        started.stdout.close()
        said = started.stderr.read()

    assert (first, said, started.returncode) == (b"Line 1\n", b"", 1)
