"""PostgreSQL dies amid commits, cuts its connections or takes no writes."""

from __future__ import annotations

import random

import pytest

from tests.faults.breaking import DATABASE, disk_full
from tests.faults.event_lanes import open_lanes, open_quiet_lane
from tests.faults.scene import playing

pytestmark = [pytest.mark.processes]

FAULTS = [fault for fault in DATABASE if fault is not disk_full]


@pytest.mark.parametrize("seed", [1])
def test_whatever_the_database_does_nothing_acknowledged_is_lost(fragile_site, seed):
    site = fragile_site
    lanes = [*open_lanes("a", "b", "c"), open_quiet_lane()]
    site.start("ingest", "web", "beat", "worker-1", "worker-2")

    with playing(site, lanes) as scene:
        scene.recover("start")
        for fault in random.Random(seed).sample(FAULTS, len(FAULTS)):
            scene.endure(fault, for_s=1.0)

    codes = {r.code for r in scene.traffic.refusals if r.status is not None}
    assert codes <= {"INGEST-DOWN-001"}
