"""PostgreSQL dies during commits, cuts its connections or accepts no writes."""

from __future__ import annotations

import random

import pytest

from tests.faults.all_faults import DATABASE, disk_full
from tests.faults.experiment import under_traffic
from tests.faults.flows import open_flows, open_quiet_flow

pytestmark = [pytest.mark.processes]

FAULTS = [fault for fault in DATABASE if fault is not disk_full]


@pytest.mark.parametrize("seed", [1])
def test_no_acknowledged_event_is_lost_whatever_the_database_does(
    deployment_with_own_database, seed
):
    deployment = deployment_with_own_database
    flows = [*open_flows("a", "b", "c"), open_quiet_flow()]
    deployment.start("ingest", "web", "beat", "worker-1", "worker-2")

    with under_traffic(deployment, flows) as experiment:
        experiment.recover("start")
        for fault in random.Random(seed).sample(FAULTS, len(FAULTS)):
            experiment.cause(fault, for_s=1.0)

    codes = {r.code for r in experiment.traffic.refusals if r.status is not None}
    assert codes <= {"INGEST-DOWN-001"}
