"""The whole suite on SQLite and PostgreSQL: what `make test` runs.

Ends with the line `N passed, N failed` over both. What was skipped is listed before
it, and counts as failed where CI is set. Arguments go to pytest.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import IO
from xml.etree import ElementTree as ET

from tests.services.keeper import ROOT
from tests.services.processes import end_with_parent, start

PASSES = {
    "sqlite": "SQLite and the embedded broker",
    "postgres": "PostgreSQL and a Redis or Valkey",
}
# Tests that run in one pass only, to save time. They use no database, or the other pass
# covers the same queries: tests/portal opens the pages on PostgreSQL, tests/browser on
# SQLite. Tests that need PostgreSQL are in tests/faults/conftest.py.
ALONE = {
    "sqlite": (
        "tests/base",
        "tests/bench",
        "tests/browser",
        "tests/docs/test_snippets.py",
        "tests/management/test_family.py",
        "tests/management/test_up.py",
        "tests/sandbox",
        "tests/serving",
        "tests/services/test_keeper.py",
        "tests/services/test_share.py",
        "tests/settings",
        "tests/spec",
        "tests/surfaces",
        "tests/test_env_example.py",
        "tests/test_layers.py",
        "tests/test_linear.py",
        "tests/test_prose.py",
        "tests/test_run.py",
        "tests/test_scripts.py",
        "tests/end_to_end/test_default_libraries.py",
        "tests/end_to_end/test_proxies.py",
        "tests/end_to_end/test_restarts.py",
        "tests/end_to_end/test_silent_clients.py",
    ),
    "postgres": (
        "tests/admin",
        "tests/api",
        "tests/docs/test_guides.py",
        "tests/faults/test_all_at_once.py",
        "tests/faults/test_broker.py",
        "tests/faults/test_clocks.py",
        "tests/faults/test_killed_replay.py",
        "tests/faults/test_killed_worker.py",
        "tests/faults/test_segment.py",
        "tests/faults/test_twice.py",
        "tests/faults/test_upgrade.py",
        "tests/ingest/test_worker.py",
        "tests/portal",
        "tests/publishing",
        "tests/review",
        "tests/end_to_end/test_libraries.py",
        "tests/end_to_end/test_partner_token.py",
        "tests/end_to_end/test_qa.py",
        "tests/end_to_end/test_quarantine.py",
    ),
}


@dataclass(slots=True)
class Outcome:
    """What became of the tests of one pass, or of all."""

    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def main() -> None:
    if "MAKELEVEL" in os.environ:  # make that is killed takes the run with it
        end_with_parent(os.getppid())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A shell has what it runs in the background ignore this, and all that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    total = Outcome()
    arguments = sys.argv[1:]
    for database, title in PASSES.items():
        print(f"\n=== {title}", flush=True)
        total.add(run(database, title, arguments or all_for(database)))
    for skipped in total.skipped:
        print(f"skipped: {skipped}")
    if os.environ.get("CI"):
        total.failed += len(total.skipped)
    print(f"{total.passed} passed, {total.failed} failed")
    sys.exit(total.failed > 0)


def all_for(database: str) -> list[str]:
    """Return pytest arguments that exclude the tests of the other pass alone."""
    others = [
        room for other, rooms in ALONE.items() if other != database for room in rooms
    ]
    return [f"--ignore={room}" for room in others]


def run(database: str, title: str, arguments: list[str]) -> Outcome:
    """One pass; that it ended early, or found no tests, is a failure of its own."""
    with TemporaryFile() as report:  # has no name: nothing of it can be left behind
        status = run_pytest(database, report, arguments)
        outcome = read(report, title)
    if status != (1 if outcome.failed else 0):
        print(f"The pass on {title} ended with pytest's exit status {status}.")
        outcome.failed += 1
    return outcome


def run_pytest(database: str, report: IO[bytes], arguments: list[str]) -> int:
    environ = {k: v for k, v in os.environ.items() if k != "PYTEST_ADDOPTS"}
    pytest = start(
        [
            *(sys.executable, "-m", "pytest", f"--database={database}"),
            *("-n", "5"),  # on two processors: most of the time tests only wait
            "--dist=worksteal",  # who is done takes half of what the other has left
            *("--durations=25", "--durations-min=5"),
            *("-p", "no:cacheprovider", f"--junit-xml=/dev/fd/{report.fileno()}"),
            *arguments,
        ],
        at_our_death=signal.SIGTERM,
        process_group=0,  # Ctrl-C comes to us, and we end its whole group
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        pass_fds=[report.fileno()],
    )
    try:
        return pytest.wait()
    except KeyboardInterrupt:
        os.killpg(pytest.pid, signal.SIGTERM)
        pytest.wait()
        sys.exit("Interrupted.")


def read(report: IO[bytes], title: str) -> Outcome:
    """Count the test cases of a JUnit report; an empty one has none."""
    outcome = Outcome()
    report.seek(0)
    xml = report.read() or b"<testsuites/>"
    for case in ET.fromstring(xml).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1
        elif (skipped := case.find("skipped")) is not None:
            outcome.skipped.append(
                f"{name_of(case)} on {title}: {skipped.get('message')}"
            )
        else:
            outcome.passed += 1
    return outcome


def name_of(case: ET.Element) -> str:
    return f"{case.get('classname')}.{case.get('name')}"


if __name__ == "__main__":
    main()
