"""The primary is lost and its standby promoted; the processes find it without help."""

from __future__ import annotations

import time

import pytest
from django.core.management import call_command
from django.db import connection

from streams.catalog.models import Stream
from tests.faults.conftest import connected_to
from tests.faults.experiment import under_traffic
from tests.faults.flows import open_flows, open_quiet_flow
from tests.faults.receiver import Receiver
from tests.faults.standby import primary_and_standby
from tests.faults.traffic import Traffic
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]

LAG_S = 20.0
PER_SECOND = 10  # a rate limit that little traffic uses up


@pytest.fixture
def replicated_deployment(transactional_db, new_deployment_on):
    with primary_and_standby() as pair, connected_to(pair.url):
        call_command("migrate", verbosity=0)
        with new_deployment_on(pair.url) as made:
            yield pair, made


@pytest.mark.parametrize("frozen", [False, True], ids=["killed", "frozen"])
def test_a_synchronous_standby_takes_over_and_nothing_is_lost(
    replicated_deployment, frozen
):
    pair, deployment = replicated_deployment
    flows = [*open_flows("a", "b", "c"), open_quiet_flow()]
    deployment.start("ingest", "web", "beat", "worker-1", "worker-2")
    pair.wait_for_standby()

    with under_traffic(deployment, flows) as experiment:
        experiment.recover("start")
        for flow in flows:
            flow.losses += 1
        connection.close()
        if frozen:
            pair.freeze_primary()
        else:
            pair.kill_primary()
        pair.promote()
        took_s = experiment.recover("failover to a synchronous standby")

    assert took_s < 30


def test_no_second_exceeds_the_limit_when_a_lagging_standby_takes_over(
    replicated_deployment,
):
    """The standby lost acknowledged events, as databases do, but not the limit."""
    pair, deployment = replicated_deployment
    flows = open_flows(*[f"flow{n}" for n in range(12)])
    Stream.objects.update(requests_per_second=PER_SECOND)
    deployment.start("ingest", "web", "beat", "worker-1", "worker-2")
    stream = flows[0].cursor.stream_id

    receiver = Receiver(deployment.segment, flows)
    with receiver.following(), Traffic(deployment.url_for, flows).flowing():
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
