"""A Redis that loses everything, dies or is slow costs seconds, but no event."""

from __future__ import annotations

import random
import time

import pytest

from tests.faults.all_faults import BROKER, broker_down
from tests.faults.experiment import under_traffic
from tests.faults.flows import open_flows, open_quiet_flow
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]

LOST_WAKE_UP = "wake.broker_unreachable"


@pytest.mark.parametrize("seed", [1])
def test_events_continue_whatever_redis_does(deployment, seed):
    quiet = open_quiet_flow()
    flows = [*open_flows("a", "b"), quiet]
    deployment.start("ingest", "web", "beat", "worker-1", "worker-2")

    with under_traffic(deployment, flows) as experiment:
        experiment.recover("start")
        for fault in random.Random(seed).sample(BROKER, len(BROKER)):
            with experiment.during(fault):
                experiment.await_request(quiet)  # for which a worker has to be woken
                if fault is broker_down:  # and no worker could be
                    until(lambda: LOST_WAKE_UP in deployment.portal.log.read_text())

    assert not experiment.traffic.refusals


def test_a_worker_waits_for_a_redis_that_refuses_commands(deployment):
    flows = open_flows("a")

    def logged():
        return deployment.portal.log.read_text()

    def refused():
        return logged().count("consumer: Cannot connect")

    deployment.start("ingest")
    deployment.all_to = "ingest"
    with deployment.broker.refusing():
        deployment.start("worker-1", "beat")
        until(lambda: refused() and "beat.broker_unreachable" in logged(), within_s=90)
        time.sleep(5)
        assert refused() < 5
        assert logged().count("beat.broker_unreachable") == 1
    with under_traffic(deployment, flows) as experiment:
        experiment.recover("Redis refused commands as a worker started")

    assert deployment.running["worker-1"].poll() is None
