"""The disk is full: senders are asked to retry, and nothing is half written."""

from __future__ import annotations

import pytest

from tests.faults import full_disk
from tests.faults.experiment import under_traffic
from tests.faults.flows import open_flows
from tests.faults.traffic import Refusal
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]


def test_a_full_disk_gets_a_503_and_nothing_is_half_written(
    deployment_with_own_database,
):
    deployment = deployment_with_own_database
    flows = open_flows("a", "b", "c")
    deployment.start("ingest", "web", "beat", "worker-1")

    with under_traffic(deployment, flows, batch=20) as experiment:
        # On PostgreSQL, no limit may be smaller than a WAL file.
        until(lambda: experiment.traffic.acknowledged > 3_000)
        experiment.traffic.refusals.clear()
        for flow in flows:
            flow.losses += 1
        with full_disk.disk_full(deployment):
            until(lambda: experiment.traffic.refusals.total() > 20)
        refusals = set(experiment.traffic.refusals)
        experiment.recover("disk full")

    assert refusals == {Refusal(503, "INGEST-DOWN-001", "5")}
