"""Redis loses everything, dies, or is slow: that costs seconds, never an event."""

from __future__ import annotations

import random
import time

import pytest

from tests.faults.breaking import BROKER, broker_down
from tests.faults.event_lanes import open_lanes, open_quiet_lane
from tests.faults.scene import playing
from tests.running import until

pytestmark = [pytest.mark.processes]

LOST_WAKE_UP = "wake.broker_unreachable"


@pytest.mark.parametrize("seed", [1])
def test_whatever_redis_does_events_go_on(site, seed):
    quiet = open_quiet_lane()
    lanes = [*open_lanes("a", "b"), quiet]
    site.start("ingest", "web", "beat", "worker-1", "worker-2")

    with playing(site, lanes) as scene:
        scene.recover("start")
        for fault in random.Random(seed).sample(BROKER, len(BROKER)):
            with scene.broken(fault):
                scene.await_request(quiet)  # for which somebody has to be woken
                if fault is broker_down:  # and nobody could be
                    until(lambda: LOST_WAKE_UP in site.portal.log.read_text())

    assert not scene.traffic.refusals


def test_a_worker_waits_for_a_redis_that_refuses_commands(site):
    lanes = open_lanes("a")
    said = lambda: site.portal.log.read_text()  # noqa: E731
    refused = lambda: said().count("consumer: Cannot connect")  # noqa: E731
    site.start("ingest")
    site.all_to = "ingest"
    with site.broker.refusing():
        site.start("worker-1", "beat")
        until(lambda: refused() and "beat.broker_unreachable" in said(), within_s=90)
        time.sleep(5)
        assert refused() < 5
        assert said().count("beat.broker_unreachable") == 1
    with playing(site, lanes) as scene:
        scene.recover("Redis refused commands as a worker started")

    assert site.running["worker-1"].poll() is None
