"""Processes are killed while events flow: nothing is lost, and all continues."""

from __future__ import annotations

import random

import pytest

from tests.faults.all_faults import PROCESSES
from tests.faults.experiment import under_traffic
from tests.faults.flows import open_flows, open_quiet_flow

pytestmark = [pytest.mark.processes]


@pytest.mark.parametrize("seed", [1])
def test_killing_any_process_loses_nothing(deployment, seed):
    flows = [*open_flows("a", "b", "c"), open_quiet_flow()]
    deployment.start("ingest", "web", "beat", "worker-1", "worker-2")

    with under_traffic(deployment, flows) as experiment:
        experiment.recover("start")
        for fault in random.Random(seed).sample(PROCESSES, len(PROCESSES)):
            experiment.cause(fault)
