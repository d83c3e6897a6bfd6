"""Searches of a feed that events have no index for."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from bench.harness.portal import portal
from tests.servers.keeper import ROOT

if TYPE_CHECKING:
    from bench.harness.benchmark import Benchmark

EVENTS = 10_000_000  # in one feed
EVENT_BYTES = 300
DAYS = 30


def measure(bench: Benchmark) -> None:
    with portal(bench.postgres, connections=1) as running:
        running.fill(EVENTS, EVENT_BYTES, days=DAYS, waiting=False)
        for _ in range(bench.plan.runs):
            searched = subprocess.run(
                [sys.executable, "-m", "bench.load.searches"],
                cwd=ROOT,
                env=running.environ,
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
            for name, value in json.loads(searched.stdout).items():
                bench.notes.add(name, value)
