"""Processes are killed while events flow: nothing is lost, and it goes on by itself."""

from __future__ import annotations

import random

import pytest

from tests.faults.breaking import PROCESSES
from tests.faults.lanes import open_lanes
from tests.faults.scene import playing

pytestmark = [pytest.mark.processes]


@pytest.mark.parametrize("seed", [1])
def test_kill_9_of_any_process_loses_nothing(site, seed):
    lanes = open_lanes(6)
    site.start("ingest", "web", "beat", "worker-1", "worker-2")
    faults = random.Random(seed).sample(PROCESSES, len(PROCESSES))

    with playing(site, lanes) as scene:
        scene.recover("start")
        for fault in faults:
            scene.endure(fault)
