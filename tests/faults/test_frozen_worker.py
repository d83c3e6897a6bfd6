"""A worker is frozen for longer than its lease: another takes over, and it sends nothing.

On PostgreSQL only: a process that is frozen during a write holds SQLite's one write lock.
"""

from __future__ import annotations

import pytest

from tests.faults.event_lanes import open_lanes
from tests.faults.scene import playing
from tests.running import until

pytestmark = [pytest.mark.processes]


def test_a_worker_frozen_beyond_its_lease_sends_nothing_more(site):
    lanes = open_lanes("a", "b", "c")
    site.start("ingest", "beat")
    # Who sends is told by the path that it sends to. An answer is late, never given up:
    # what is sent again is then sent by the other.
    patient = {"SEGMENT_TIMEOUT_S": "30"}
    site.start_worker("worker-1", SANDBOX_URL=f"{site.segment.url}/us", **patient)
    us = lambda: site.segment.stats()["by_region"].get("us", {"requests": 0})  # noqa: E731

    with playing(site, lanes) as scene:
        scene.recover("start")
        # Every request of its is under way, so it can begin no other.
        site.segment.behave({"region": "us", "then": {"delay_s": 3}})
        under_way = us()["requests"]
        until(lambda: us()["requests"] >= under_way + len(lanes))
        site.freeze("worker-1")
        frozen_at = us()["requests"]
        for lane in lanes:
            lane.losses += 1  # the answers that come while it is frozen
        site.start_worker("worker-2", SANDBOX_URL=f"{site.segment.url}/eu", **patient)
        scene.recover("a worker frozen beyond its lease")

        site.thaw("worker-1")
        until(lambda: "drain.lease_lost" in site.portal.log.read_text())
        scene.recover("the frozen worker goes on")

        assert us()["requests"] == frozen_at
