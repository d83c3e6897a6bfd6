"""The database time of comparing all conditions of alerts."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from bench.harness.portal import portal
from tests.servers.keeper import ROOT

if TYPE_CHECKING:
    from bench.harness.benchmark import Benchmark

CONNECTIONS = 100_000


def measure(bench: Benchmark) -> None:
    with portal(bench.postgres, connections=CONNECTIONS) as running:
        for _ in range(bench.plan.runs):
            evaluated = subprocess.run(
                [sys.executable, "-m", "bench.load.alerts"],
                cwd=ROOT,
                env=running.environ,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            for name, value in json.loads(evaluated.stdout).items():
                bench.notes.add(name, value)
