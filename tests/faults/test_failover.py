"""The primary is lost and its standby promoted; the processes find it by themselves."""

from __future__ import annotations

import time

import pytest
from django.core.management import call_command
from django.db import connection

from streams.catalog.models import Stream
from tests.faults.conftest import connected_to
from tests.faults.event_lanes import open_lanes, open_quiet_lane
from tests.faults.receiver import Receiver
from tests.faults.scene import playing
from tests.faults.standby import primary_and_standby
from tests.faults.traffic import Traffic
from tests.running import until

pytestmark = [pytest.mark.processes]

LAG_S = 20.0
PER_SECOND = 10  # a budget that little traffic uses up


@pytest.fixture
def pair_site(transactional_db, new_site_on):
    with primary_and_standby() as pair, connected_to(pair.url):
        call_command("migrate", verbosity=0)
        with new_site_on(pair.url) as made:
            yield pair, made


@pytest.mark.parametrize("frozen", [False, True], ids=["killed", "frozen"])
def test_a_synchronous_standby_takes_over_and_nothing_is_lost(pair_site, frozen):
    pair, site = pair_site
    lanes = [*open_lanes("a", "b", "c"), open_quiet_lane()]
    site.start("ingest", "web", "beat", "worker-1", "worker-2")
    pair.wait_for_standby()

    with playing(site, lanes) as scene:
        scene.recover("start")
        for lane in lanes:
            lane.losses += 1
        connection.close()
        if frozen:
            pair.freeze_primary()
        else:
            pair.kill_primary()
        pair.promote()
        took_s = scene.recover("failover to a synchronous standby")

    assert took_s < 30


def test_no_second_exceeds_the_limit_when_a_standby_that_lagged_takes_over(pair_site):
    """It has lost acknowledged events, as the database itself has; not the limit."""
    pair, site = pair_site
    lanes = open_lanes(*[f"lane{n}" for n in range(12)])
    Stream.objects.update(requests_per_second=PER_SECOND)
    site.start("ingest", "web", "beat", "worker-1", "worker-2")
    stream = lanes[0].cursor.stream_id

    receiver = Receiver(site.segment, lanes)
    with receiver.following(), Traffic(site.url_for, lanes).flowing():
        until(lambda: sum(receiver.last.values()) > 500)
        pair.cut_standby_off()
        time.sleep(LAG_S)
        connection.close()
        pair.kill_primary()
        pair.promote()
        seen = _requests(receiver)
        until(lambda: _requests(receiver) > seen + 10 * PER_SECOND, within_s=60)

    assert receiver.seconds[stream].worst <= PER_SECOND


def _requests(receiver):
    return sum(map(len, receiver.arrivals.values()))
