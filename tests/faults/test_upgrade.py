"""The version before and this one work side by side while events flow."""

from __future__ import annotations

import pytest

from tests.faults.event_lanes import open_lanes, open_quiet_lane
from tests.faults.scene import playing
from tests.faults.versions import checked_out, previous_commit

pytestmark = [pytest.mark.processes]


def test_an_upgrade_under_load_loses_nothing(site):
    lanes = [*open_lanes("a", "b", "c"), open_quiet_lane()]
    with checked_out(previous_commit()) as before:
        site.start("web", "beat")
        site.start_ingest(code=before)
        site.start_worker("worker-1", code=before)
        with playing(site, lanes) as scene:
            scene.recover("start on the version before")
            site.start("worker-2")
            site.stop("worker-1")
            scene.recover("a worker of this version")
            site.start_worker("worker-1", code=before)
            site.stop("worker-2")
            scene.recover("a worker of the version before again")
            site.stop("ingest")
            site.start("ingest", "worker-2")
            scene.recover("both versions side by side")
