"""A worker frozen longer than its lease is replaced, and then sends nothing.

Only on PostgreSQL: a process that is frozen during a write holds SQLite's one write
lock.
"""

from __future__ import annotations

import pytest

from tests.faults.experiment import under_traffic
from tests.faults.flows import open_flows
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]


def test_a_worker_frozen_longer_than_its_lease_sends_nothing_more(deployment):
    flows = open_flows("a", "b", "c")
    deployment.start("ingest", "beat")
    # The path shows which worker sends. A response is late, but never given up: what is
    # sent again is then sent by the other worker.
    patient = {"SEGMENT_TIMEOUT_S": "30"}
    deployment.start_worker(
        "worker-1", SANDBOX_URL=f"{deployment.segment.url}/us", **patient
    )

    def us():
        return deployment.segment.stats()["by_region"].get("us", {"requests": 0})

    with under_traffic(deployment, flows) as experiment:
        experiment.recover("start")
        # Every request of this worker is in progress, so it can start no other.
        deployment.segment.behave({"region": "us", "then": {"delay_s": 3}})
        under_way = us()["requests"]
        until(lambda: us()["requests"] >= under_way + len(flows))
        deployment.freeze("worker-1")
        frozen_at = us()["requests"]
        for flow in flows:
            flow.losses += 1  # the responses that arrive while it is frozen
        deployment.start_worker(
            "worker-2", SANDBOX_URL=f"{deployment.segment.url}/eu", **patient
        )
        experiment.recover("a worker frozen beyond its lease")

        deployment.thaw("worker-1")
        until(lambda: "drain.lease_lost" in deployment.portal.log.read_text())
        experiment.recover("the frozen worker goes on")

        assert us()["requests"] == frozen_at
