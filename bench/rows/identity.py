"""Lookups and facts in an identity map, and their cost in ingest."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from bench.harness.portal import portal
from tests.servers.keeper import ROOT

if TYPE_CHECKING:
    from bench.harness.benchmark import Benchmark
    from bench.harness.portal import Portal

LINKS = 1_000_000  # of other people


def measure(bench: Benchmark) -> None:
    with portal(bench.postgres, connections=1) as running:
        for _ in range(bench.plan.runs):
            _note(bench, running, "bench.load.identity", str(LINKS))
            _note(bench, running, "bench.load.resolution", str(running.keys_file))


def _note(bench: Benchmark, running: Portal, module: str, argument: str) -> None:
    measured = subprocess.run(
        [sys.executable, "-m", module, argument],
        cwd=ROOT,
        env=running.environ,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    for name, value in json.loads(measured.stdout).items():
        bench.notes.add(name, value)
