"""The previous version and this one work side by side while events flow."""

from __future__ import annotations

import pytest

from tests.faults.experiment import under_traffic
from tests.faults.flows import open_flows, open_quiet_flow
from tests.faults.previous_version import checked_out, previous_commit

pytestmark = [pytest.mark.processes]


def test_an_upgrade_under_load_loses_nothing(deployment):
    flows = [*open_flows("a", "b", "c"), open_quiet_flow()]
    with checked_out(previous_commit()) as before:
        deployment.start("web", "beat")
        deployment.start_ingest(code=before)
        deployment.start_worker("worker-1", code=before)
        with under_traffic(deployment, flows) as experiment:
            experiment.recover("start on the version before")
            deployment.start("worker-2")
            deployment.stop("worker-1")
            experiment.recover("a worker of this version")
            deployment.start_worker("worker-1", code=before)
            deployment.stop("worker-2")
            experiment.recover("a worker of the version before again")
            deployment.stop("ingest")
            deployment.start("ingest", "worker-2")
            experiment.recover("both versions side by side")
