"""Run the whole suite on SQLite and PostgreSQL, as `make test` does.

The last line is `N passed, N failed` over both. Skipped tests are listed before it, and
count as failed if CI is set. Arguments are passed to pytest.
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

from tests.servers.child_processes import end_with_parent, start
from tests.servers.keeper import ROOT

PASSES = {
    "sqlite": "SQLite and the embedded broker",
    "postgres": "PostgreSQL and a Redis or Valkey",
}
# Tests that run in one pass only, to save time. They use no database, or the other pass
# covers the same queries: tests/portal opens the pages on PostgreSQL, tests/browser on
# SQLite. Real workers send alerts by email on PostgreSQL, and to webhooks on SQLite. Tests
# that need PostgreSQL are in tests/faults/conftest.py.
ONLY_ON = {
    "sqlite": (
        "tests/alerts/webhooks/test_end_to_end.py",
        "tests/base",
        "tests/bench",
        "tests/browser",
        "tests/catalog/pages/test_diff.py",
        "tests/catalog/pages/test_png.py",
        "tests/catalog/pages/test_svg.py",
        "tests/catalog/plans/test_conformance.py",
        "tests/catalog/plans/test_editing.py",
        "tests/catalog/plans/test_examples.py",
        "tests/catalog/plans/test_from_spec.py",
        "tests/catalog/plans/test_inference.py",
        "tests/catalog/plans/test_plan_difference.py",
        "tests/catalog/plans/test_plan_files.py",
        "tests/catalog/plans/test_samples.py",
        "tests/catalog/plans/test_templates.py",
        "tests/catalog/plans/test_validation.py",
        "tests/delivery/test_backoff.py",
        "tests/delivery/test_batch.py",
        "tests/delivery/test_fair_queue.py",
        "tests/delivery/test_rate_limit.py",
        "tests/delivery/test_responses.py",
        "tests/delivery/test_scheduler.py",
        "tests/docs/test_snippets.py",
        "tests/end_to_end/test_default_libraries.py",
        "tests/end_to_end/test_proxies.py",
        "tests/end_to_end/test_restarts.py",
        "tests/end_to_end/test_silent_clients.py",
        "tests/events/test_event_preparation.py",
        "tests/ingest/test_body.py",
        "tests/ingest/test_routes.py",
        "tests/base/test_ttl_cache.py",
        "tests/management/test_check_events.py",
        "tests/management/test_demo_accounts.py",
        "tests/management/test_demo_sender.py",
        "tests/management/test_process_group.py",
        "tests/management/test_progress_bar.py",
        "tests/management/test_up.py",
        "tests/sandbox",
        "tests/servers/test_keeper.py",
        "tests/servers/test_worker_share.py",
        "tests/serving",
        "tests/settings",
        "tests/spec",
        "tests/test_developer_docs.py",
        "tests/test_env_example.py",
        "tests/test_layers.py",
        "tests/test_linear_time.py",
        "tests/test_order.py",
        "tests/test_prose.py",
        "tests/test_release.py",
        "tests/test_run.py",
        "tests/test_scripts.py",
        "tests/test_workflows.py",
    ),
    "postgres": (
        "tests/admin",
        "tests/alerts/test_end_to_end.py",
        "tests/alerts/test_mass_failure.py",
        "tests/api",
        "tests/docs/test_guides.py",
        "tests/end_to_end/test_libraries.py",
        "tests/end_to_end/test_partner_token.py",
        "tests/end_to_end/test_qa.py",
        "tests/end_to_end/test_quarantine.py",
        "tests/faults/test_broker.py",
        "tests/faults/test_clocks.py",
        "tests/faults/test_everything_killed.py",
        "tests/faults/test_killed_replay.py",
        "tests/faults/test_killed_worker.py",
        "tests/faults/test_segment.py",
        "tests/faults/test_two_beats.py",
        "tests/faults/test_upgrade.py",
        "tests/ingest/test_worker.py",
        "tests/portal",
        "tests/publishing",
        "tests/review",
    ),
}
# Tests that `make check` runs instead: the walk over all pages in the pseudo-locale.
IN_CHECK = ("tests/surfaces",)


@dataclass(slots=True)
class Outcome:
    """The results of one pass, or of all."""

    passed: int = 0
    failed: int = 0
    skipped: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def main() -> None:
    if "MAKELEVEL" in os.environ:  # killing make ends the run, too
        end_with_parent(os.getppid())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A shell makes background programs ignore this signal, and all that they start.
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
    """Return pytest arguments that exclude tests of the other pass and of `make check`."""
    others = [
        room for other, rooms in ONLY_ON.items() if other != database for room in rooms
    ]
    return [f"--ignore={room}" for room in (*others, *IN_CHECK)]


def run(database: str, title: str, arguments: list[str]) -> Outcome:
    """Run one pass. An early end, or no tests, is a separate failure."""
    with TemporaryFile() as report:  # has no name, so nothing of it is left behind
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
            *("-n", "5"),  # on two processors, because tests mostly wait
            "--dist=worksteal",  # idle workers take tests from others
            *("--durations=25", "--durations-min=5"),
            *("-p", "no:cacheprovider", f"--junit-xml=/dev/fd/{report.fileno()}"),
            *arguments,
        ],
        at_our_death=signal.SIGTERM,
        process_group=0,  # Ctrl-C comes to us, and we end the whole group
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
    """Count the test cases of a JUnit report. An empty report has none."""
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
