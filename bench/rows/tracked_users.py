"""The cost of counting tracked users, and the error of the count."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from bench.harness.portal import portal
from tests.servers.keeper import ROOT

if TYPE_CHECKING:
    from bench.harness.benchmark import Benchmark

FEEDS = 100


def measure(bench: Benchmark) -> None:
    with portal(bench.postgres, connections=FEEDS) as running:
        for _ in range(bench.plan.runs):
            measured = subprocess.run(
                [sys.executable, "-m", "bench.load.tracked_users"],
                cwd=ROOT,
                env=running.environ,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            for name, value in json.loads(measured.stdout).items():
                bench.notes.add(name, value)
