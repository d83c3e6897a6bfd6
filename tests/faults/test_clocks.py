"""Clocks jump by an hour, forward and back: events go on."""

from __future__ import annotations

import random

import pytest

from tests.faults.breaking import CLOCKS
from tests.faults.lanes import open_lanes, open_quiet_lane
from tests.faults.scene import playing

pytestmark = [pytest.mark.processes]


@pytest.mark.parametrize("seed", [1])
def test_a_clock_that_jumps_by_an_hour_holds_nothing_up(site, seed):
    lanes = [*open_lanes("a", "b", "c"), open_quiet_lane()]
    site.start("ingest", "web", "beat", "worker-1")

    with playing(site, lanes) as scene:
        scene.recover("start")
        for fault in random.Random(seed).sample(CLOCKS, len(CLOCKS)):
            with scene.broken(fault):
                scene.recover(f"{fault.name}: the jump")
