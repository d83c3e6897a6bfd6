"""The disk is full: senders are told to come again, and nothing is half written."""

from __future__ import annotations

import pytest

from tests.faults import limits
from tests.faults.event_lanes import open_lanes
from tests.faults.scene import playing
from tests.faults.traffic import Refusal
from tests.running import until

pytestmark = [pytest.mark.processes]


def test_a_full_disk_is_answered_with_503_and_nothing_is_half_written(fragile_site):
    site = fragile_site
    lanes = open_lanes("a", "b", "c")
    site.start("ingest", "web", "beat", "worker-1")

    with playing(site, lanes, batch=20) as scene:
        # On PostgreSQL no limit may be smaller than a file of the journal.
        until(lambda: scene.traffic.acknowledged > 3_000)
        scene.traffic.refusals.clear()
        for lane in lanes:
            lane.losses += 1
        with limits.disk_full(site):
            until(lambda: scene.traffic.refusals.total() > 20)
        refusals = set(scene.traffic.refusals)
        scene.recover("disk full")

    assert refusals == {Refusal(503, "INGEST-DOWN-001", "5")}
