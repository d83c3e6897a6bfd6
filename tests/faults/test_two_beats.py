"""Two beats and many drains run where there should be one."""

from __future__ import annotations

from threading import Event, Thread

import pytest
from celery import Celery

from tests.faults.experiment import under_traffic
from tests.faults.flows import open_flows, open_quiet_flow

pytestmark = [pytest.mark.processes]


def test_two_beats_and_a_storm_of_wake_ups_send_nothing_twice(deployment):
    flows = [*open_flows("a", "b", "c"), open_quiet_flow()]
    streams = {flow.cursor.stream_id for flow in flows}
    deployment.start("ingest", "beat-1", "beat-2", "worker-1", "worker-2")
    # Not as the current app, which the readiness check of later tests would ask.
    celery = Celery(broker=deployment.portal.environ["REDIS_URL"], set_as_current=False)
    ended = Event()

    def wake_all():
        while not ended.wait(0.02):
            for stream_id in streams:
                celery.send_task("streams.drain", kwargs={"stream_id": stream_id})

    storm = Thread(target=wake_all)
    with under_traffic(deployment, flows) as experiment:
        experiment.recover("start")
        storm.start()
        experiment.await_more(100, *flows[:3])
        # An owner stops during the storm, and many try to be the next one.
        deployment.stop(deployment.workers[0])
        experiment.recover("one of two workers stopped")
        ended.set()
        storm.join()
