"""Two of what should be one: beats, and drains of one stream."""

from __future__ import annotations

from threading import Event, Thread

import pytest
from celery import Celery

from tests.faults.event_lanes import open_lanes, open_quiet_lane
from tests.faults.scene import playing

pytestmark = [pytest.mark.processes]


def test_two_beats_and_a_storm_of_wake_ups_send_nothing_twice(site):
    lanes = [*open_lanes("a", "b", "c"), open_quiet_lane()]
    streams = {lane.cursor.stream_id for lane in lanes}
    site.start("ingest", "beat-1", "beat-2", "worker-1", "worker-2")
    # Not as the current one, which the readiness check of later tests would ask.
    celery = Celery(broker=site.portal.environ["REDIS_URL"], set_as_current=False)
    ended = Event()

    def wake_all():
        while not ended.wait(0.02):
            for stream_id in streams:
                celery.send_task("streams.drain", kwargs={"stream_id": stream_id})

    storm = Thread(target=wake_all)
    with playing(site, lanes) as scene:
        scene.recover("start")
        storm.start()
        scene.await_more(100, *lanes[:3])
        # An owner leaves amid the storm, and many want to be the next.
        site.stop(site.workers[0])
        scene.recover("one of two workers stopped")
        ended.set()
        storm.join()
