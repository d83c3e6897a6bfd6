"""Clocks jump by an hour, forward and back: events go on."""

from __future__ import annotations

import pytest

from tests.faults.breaking import HOUR_S, clock, killed
from tests.faults.event_lanes import open_lanes, open_quiet_lane
from tests.faults.scene import playing

pytestmark = [pytest.mark.processes]


def test_a_clock_that_jumps_by_an_hour_holds_nothing_up(site):
    lanes = [*open_lanes("a", "b"), open_quiet_lane()]
    site.start("ingest", "beat", "worker-1")

    with playing(site, lanes) as scene:
        scene.recover("start")
        for off_s in (HOUR_S, -HOUR_S):
            with scene.broken(clock("worker", off_s)):
                scene.recover(f"clock of a worker {off_s / HOUR_S:+.0f} h")
            with scene.broken(clock("all", off_s)):
                # Now its streams have to be found by the sweep, which beat has to send.
                scene.endure(killed("worker"))
