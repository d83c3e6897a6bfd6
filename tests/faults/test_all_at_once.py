"""Processes, broker and database are killed in one moment, ten times."""

from __future__ import annotations

import pytest

from tests.faults.breaking import all_killed
from tests.faults.event_lanes import open_lanes, open_quiet_lane
from tests.faults.scene import playing

pytestmark = [pytest.mark.processes]

TIMES = 5  # in each half, so that the halves run side by side


@pytest.mark.parametrize("half", [1, 2])
def test_everything_killed_at_once_ten_times_loses_nothing(fragile_site, half):
    lanes = [*open_lanes("a", "b", "c"), open_quiet_lane()]
    fragile_site.start("ingest", "beat", "worker-1")
    fragile_site.all_to = "ingest"

    with playing(fragile_site, lanes) as scene:
        scene.recover("start")
        for _ in range(TIMES):
            scene.endure(all_killed)
