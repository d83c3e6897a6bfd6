"""Processes are killed while events flow: nothing is lost, and all goes on."""

from __future__ import annotations

import random

import pytest

from tests.faults.breaking import PROCESSES
from tests.faults.event_lanes import open_lanes, open_quiet_lane
from tests.faults.scene import playing

pytestmark = [pytest.mark.processes]


@pytest.mark.parametrize("seed", [1])
def test_kill_9_of_any_process_loses_nothing(site, seed):
    lanes = [*open_lanes("a", "b", "c"), open_quiet_lane()]
    site.start("ingest", "web", "beat", "worker-1", "worker-2")

    with playing(site, lanes) as scene:
        scene.recover("start")
        for fault in random.Random(seed).sample(PROCESSES, len(PROCESSES)):
            scene.endure(fault)
