"""Processes frozen inside a transaction, and locked rows, delay no one else."""

from __future__ import annotations

import time

import pytest

from streams.delivery.models import Lease
from tests.faults.experiment import under_traffic
from tests.faults.flows import open_flows
from tests.faults.row_locks import frozen_inside, held
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]

FROZEN_S = 45.0
HELD_S = 30.0
# The goal is a lease of the deployment (5 s) and 5 s more. A busy machine may be
# slower, but the others are still frozen in any case.
OTHERS_GO_ON_S = 40.0


def continue_after(experiment, flows, within_s=OTHERS_GO_ON_S):
    """Return the seconds until two more requests of each flow are at Segment."""
    goals = [(flow, flow.acknowledged + 2 * experiment.traffic.batch) for flow in flows]
    return until(
        lambda: all(experiment.receiver.has(*goal) for goal in goals), within_s=within_s
    )


def test_a_worker_and_an_ingest_frozen_inside_transactions_delay_no_one(
    deployment_with_own_database,
):
    deployment = deployment_with_own_database
    flows = [*open_flows("a", "b", "c"), *open_flows("other")]
    deployment.start("ingest", "web", "beat", "worker-1")

    with under_traffic(deployment, flows, timeout_s=3) as experiment:
        experiment.recover("start")
        deployment.start("worker-2")  # too late to own a stream
        until(
            lambda: deployment.portal.log.read_text().count(" ready.") == 2, within_s=90
        )
        for flow in flows:
            flow.losses += 1
        with (
            frozen_inside(deployment, ["worker-1"], flows[0].cursor),
            frozen_inside(deployment, ["ingest"], flows[1].cursor.feed),
        ):
            frozen_at = time.monotonic()
            deployment.all_to = "web"
            took_s = continue_after(experiment, flows)
            print(f"frozen inside transactions: all go on after {took_s:.1f} s")
            while (left_s := frozen_at + FROZEN_S - time.monotonic()) > 0:
                time.sleep(min(left_s, 5))
        experiment.recover("a worker and an ingest go on after 45 s")


def test_rows_locked_by_another_session_delay_only_their_own_connection(
    deployment_with_own_database,
):
    deployment = deployment_with_own_database
    flows = open_flows("feed", "cursor", "free")
    [leased], [other] = open_flows("leased"), open_flows("other")
    deployment.start("ingest", "web", "beat", "worker-1", "worker-2")

    with under_traffic(deployment, [*flows, leased, other]) as experiment:
        experiment.recover("start")
        flows[1].losses += 1
        leased.losses += 1
        lease = Lease.objects.get(pk=leased.cursor.stream_id)
        with held(flows[0].cursor.feed, flows[1].cursor, lease):
            held_at = time.monotonic()
            took_s = continue_after(experiment, [flows[2], other])
            print(f"rows held: the others go on after {took_s:.1f} s")
            while time.monotonic() < held_at + HELD_S:
                assert (
                    continue_after(experiment, [flows[2], other]) < OTHERS_GO_ON_S / 2
                )
        experiment.recover("rows held for 30 s")
