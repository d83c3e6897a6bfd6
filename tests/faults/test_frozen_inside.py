"""Processes that stop inside a transaction, and sessions that hold rows: others go on."""

from __future__ import annotations

import time

import pytest

from streams.delivery.models import Lease
from tests.faults.event_lanes import open_lanes
from tests.faults.row_locks import frozen_inside, held
from tests.faults.scene import playing
from tests.running import until

pytestmark = [pytest.mark.processes]

FROZEN_S = 45.0
HELD_S = 30.0
# The goal is a lease of the site (5 s) and 5 s more; a busy machine may be slower, but
# it is always while the others are still frozen.
OTHERS_GO_ON_S = 40.0


def go_on(scene, lanes, within_s=OTHERS_GO_ON_S):
    """The seconds until two more of each lane's requests are at Segment."""
    goals = [(lane, lane.acknowledged + 2 * scene.traffic.batch) for lane in lanes]
    return until(
        lambda: all(scene.receiver.has(*goal) for goal in goals), within_s=within_s
    )


def test_a_worker_and_an_ingest_frozen_inside_transactions_hold_nobody_up(fragile_site):
    site = fragile_site
    lanes = [*open_lanes("a", "b", "c"), *open_lanes("other")]
    site.start("ingest", "web", "beat", "worker-1")

    with playing(site, lanes, timeout_s=3) as scene:
        scene.recover("start")
        site.start("worker-2")  # too late to own a stream
        until(lambda: site.portal.log.read_text().count(" ready.") == 2, within_s=90)
        for lane in lanes:
            lane.losses += 1
        with (
            frozen_inside(site, ["worker-1"], lanes[0].cursor),
            frozen_inside(site, ["ingest"], lanes[1].cursor.feed),
        ):
            frozen_at = time.monotonic()
            site.all_to = "web"
            took_s = go_on(scene, lanes)
            print(f"frozen inside transactions: all go on after {took_s:.1f} s")
            while (left_s := frozen_at + FROZEN_S - time.monotonic()) > 0:
                time.sleep(min(left_s, 5))
        scene.recover("a worker and an ingest go on after 45 s")


def test_rows_that_another_session_holds_cost_their_own_connection_alone(fragile_site):
    site = fragile_site
    lanes = open_lanes("feed", "cursor", "free")
    [leased], [other] = open_lanes("leased"), open_lanes("other")
    site.start("ingest", "web", "beat", "worker-1", "worker-2")

    with playing(site, [*lanes, leased, other]) as scene:
        scene.recover("start")
        lanes[1].losses += 1
        leased.losses += 1
        lease = Lease.objects.get(pk=leased.cursor.stream_id)
        with held(lanes[0].cursor.feed, lanes[1].cursor, lease):
            held_at = time.monotonic()
            took_s = go_on(scene, [lanes[2], other])
            print(f"rows held: the others go on after {took_s:.1f} s")
            while time.monotonic() < held_at + HELD_S:
                assert go_on(scene, [lanes[2], other]) < OTHERS_GO_ON_S / 2
        scene.recover("rows held for 30 s")
