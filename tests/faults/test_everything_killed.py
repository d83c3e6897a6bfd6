"""Processes, broker and database are killed at the same moment, ten times."""

from __future__ import annotations

import pytest

from tests.faults.all_faults import all_killed
from tests.faults.experiment import under_traffic
from tests.faults.flows import open_flows, open_quiet_flow

pytestmark = [pytest.mark.processes]

TIMES = 5  # in each half, so that the halves run side by side


@pytest.mark.parametrize("half", [1, 2])
def test_killing_everything_at_once_ten_times_loses_nothing(
    deployment_with_own_database, half
):
    flows = [*open_flows("a", "b", "c"), open_quiet_flow()]
    deployment_with_own_database.start("ingest", "beat", "worker-1")
    deployment_with_own_database.all_to = "ingest"

    with under_traffic(deployment_with_own_database, flows) as experiment:
        experiment.recover("start")
        for _ in range(TIMES):
            experiment.cause(all_killed)
