"""A process group with stand-ins for the servers, in its own process (process_group_stand_in.py)."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from tests.management.process_checks import alive, eventually, gone
from tests.servers.keeper import ROOT

pytestmark = pytest.mark.processes


class Running(NamedTuple):
    process: subprocess.Popen[str]
    run_file: Path
    children: list[psutil.Process]


@pytest.fixture
def start(tmp_path):
    """Start a group of stand-ins; return once all of them run."""
    started = []

    def start(*names):
        run_file = tmp_path / "run.json"
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.management.process_group_stand_in",
                tmp_path,
                *names,
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        for _ in names:
            assert process.stdout.readline().endswith("is there\n")
        eventually(run_file.exists)
        children = psutil.Process(process.pid).children(recursive=True)
        return Running(process, run_file, children)

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_children_one_after_the_other(start, number):
    up = start("polite1", "polite2")

    up.process.send_signal(number)

    output, _ = up.process.communicate(timeout=10)
    assert output.splitlines() == ["polite1 | goes", "polite2 | goes"]
    assert up.process.returncode == 0
    assert alive(up.children) == []


def test_a_child_that_does_not_stop_is_killed(start):
    up = start("stubborn")

    up.process.terminate()

    output, _ = up.process.communicate(timeout=10)
    assert output.splitlines() == ["Killing stubborn, which has not stopped yet."]
    assert alive(up.children) == []


def test_nothing_is_left_when_up_is_killed(start):
    up = start("polite", "stubborn", "parent")

    up.process.kill()

    gone(up.children)
    assert not up.run_file.exists()


def test_a_dead_child_is_named_and_restarted(start):
    up = start("polite")

    polite(up).kill()

    told = [up.process.stdout.readline().rstrip() for _ in range(5)]
    assert told == [
        "",
        "  polite ended unexpectedly: killed by SIGKILL. Last output:",
        "    is there",
        "  Restarting polite.",
        "polite | is there",
    ]


def test_a_child_that_dies_repeatedly_stops_the_rest(start):
    up = start("stubborn", "polite")

    for _ in range(2):
        polite(up).kill()
        told = iter(up.process.stdout.readline, "")
        assert any(line.endswith("| is there\n") for line in told)
    polite(up).kill()

    output, _ = up.process.communicate(timeout=10)
    assert output.splitlines()[-3:] == [
        "polite ended unexpectedly: killed by SIGKILL. Last output:",
        "    is there",
        "Killing stubborn, which has not stopped yet.",
    ]
    assert up.process.returncode == 1
    assert alive(up.children) == []


def polite(up):
    """Return the process of that name that runs now, once it has announced itself."""
    children = psutil.Process(up.process.pid).children()
    return next(child for child in children if "go(" in " ".join(child.cmdline()))


def test_children_of_a_killed_child_end_too(start):
    up = start("parent")
    grandchild = psutil.Process(up.process.pid).children(recursive=True)[-1]

    grandchild.parent().kill()
    up.process.terminate()

    up.process.communicate(timeout=10)
    assert alive([grandchild]) == []


def test_a_second_group_is_refused_by_the_first(start, tmp_path):
    up = start("polite")

    second = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.management.process_group_stand_in",
            tmp_path,
            "polite",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=10,
    )

    assert second.returncode == 1
    assert f"already running in {tmp_path} (process {up.process.pid})" in second.stderr


def test_a_group_started_after_a_killed_one_waits_until_that_is_gone(start):
    first = start("stubborn")
    first.process.kill()
    first.process.wait()

    start("polite")

    assert alive(first.children) == []
