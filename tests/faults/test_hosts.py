"""A host loses database and broker, while Segment and those who send events reach it."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from streams.events.models import Feed
from tests import factories
from tests.faults.event_lanes import open_lanes
from tests.faults.scene import playing
from tests.running import until

pytestmark = [pytest.mark.processes]

NOTICING_S = 90.0  # it takes some ten seconds; a busy machine is let be slower


def test_a_host_that_is_cut_off_sends_nothing_more_and_comes_back(spread_site):
    site = spread_site
    lanes = open_lanes("a", "b", "c")
    second, third = site.members
    second.start("ingest", "worker")
    third.start("ingest", "beat")

    with playing(site, lanes) as scene:
        scene.recover("start")
        third.start("worker")  # too late to own the stream
        for lane in lanes:
            lane.losses += 1
        with site.cut_off(second):
            scene.recover("a host is cut off")
            sent = site.requests_of(second)
            until(lambda: site.has_noticed(second), within_s=NOTICING_S)
            assert site.requests_of(third)
            assert site.requests_of(second) == sent
        scene.recover("the host is back")

        third.stop("worker")
        until(lambda: site.requests_of(second) > sent, within_s=NOTICING_S)
        scene.recover("the host that was cut off is the only one that sends")

    answers = {(r.status, r.code) for r in scene.traffic.refusals}
    assert answers == {
        (503, "INGEST-DOWN-001")
    }  # each in less than a sender's patience


def test_the_locks_of_a_host_that_is_cut_off_are_given_back(spread_site):
    feed = factories.feed()
    second, _ = spread_site.members

    with second.holding(feed), spread_site.cut_off(second), transaction.atomic():
        with connection.cursor() as sql:
            sql.execute("SET LOCAL lock_timeout = %s", [f"{NOTICING_S:.0f}s"])
        locked = Feed.objects.select_for_update().get(pk=feed.pk)

    assert locked == feed
