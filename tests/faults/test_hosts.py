"""A host loses database and broker, while Segment and the senders still reach it."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from streams.events.models import Feed
from tests import factories
from tests.faults.experiment import under_traffic
from tests.faults.flows import open_flows
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]

NOTICING_S = 90.0  # it takes about ten seconds; a busy machine may be slower


def test_a_host_that_is_cut_off_sends_nothing_more_and_comes_back(
    three_host_deployment,
):
    deployment = three_host_deployment
    flows = open_flows("a", "b", "c")
    second, third = deployment.members
    second.start("ingest", "worker")
    third.start("ingest", "beat")

    with under_traffic(deployment, flows) as experiment:
        experiment.recover("start")
        third.start("worker")  # too late to own the stream
        for flow in flows:
            flow.losses += 1
        with deployment.cut_off(second):
            experiment.recover("a host is cut off")
            sent = deployment.requests_of(second)
            until(lambda: deployment.has_noticed(second), within_s=NOTICING_S)
            assert deployment.requests_of(third)
            assert deployment.requests_of(second) == sent
        experiment.recover("the host is back")

        third.stop("worker")
        until(lambda: deployment.requests_of(second) > sent, within_s=NOTICING_S)
        experiment.recover("the host that was cut off is the only one that sends")

    answers = {(r.status, r.code) for r in experiment.traffic.refusals}
    assert answers == {(503, "INGEST-DOWN-001")}  # each within a sender's timeout


def test_the_locks_of_a_host_that_is_cut_off_are_released(three_host_deployment):
    feed = factories.feed()
    second, _ = three_host_deployment.members

    with (
        second.holding(feed),
        three_host_deployment.cut_off(second),
        transaction.atomic(),
    ):
        with connection.cursor() as sql:
            sql.execute("SET LOCAL lock_timeout = %s", [f"{NOTICING_S:.0f}s"])
        locked = Feed.objects.select_for_update().get(pk=feed.pk)

    assert locked == feed
