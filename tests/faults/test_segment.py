"""Segment fails in every possible way while events flow."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from streams.delivery.connection import status
from streams.delivery.models import Cursor
from streams.sandbox.debugger.event_view import source_of
from tests.faults.all_faults import certificate_bad, name_unknown
from tests.faults.experiment import under_traffic
from tests.faults.flows import REGIONS, open_flows, open_quiet_flow
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]

LIMITED_S = 6.0


def limited(**headers: str | None) -> dict:
    return {"status": 429, "headers": {"Retry-After": None, **headers}}


# The failure of each connection, after which nothing more fails.
WAYS = {
    "fine": [],
    "500": [500],
    "503": [503, 503],
    "413": [413],
    "408": [408],
    "429 Retry-After": [limited(**{"Retry-After": f"{LIMITED_S:.0f}"})],
    "429 X-RateLimit-Reset": [limited(**{"X-RateLimit-Reset": "1"})],
    "429 without headers": [limited(**{"X-RateLimit-Reset": None})],
    "hang before the answer": [{"hang_s": 5}],
    "hang in the answer": [{"hang_in_answer_s": 5}],
    "reset": [{"reset": True}],
    "drip": [{"drip_s": 1}],
    "drip beyond all patience": [{"drip_s": 10}],
    "another's page": [{"body": "<html>It works!</html>", "take": False}],
    "flapping": [503, {}, {"reset": True}, {}, {"close": True}, {}],
    "lost answer": [{"close": True, "take": True}],
}
# Segment accepted the batch, but the portal cannot know: it is sent again.
LOSES = {"hang in the answer", "drip", "drip beyond all patience", "lost answer"}


def test_every_failure_of_segment_affects_its_own_connection_alone_and_passes(
    deployment,
):
    flows = open_flows(*WAYS)
    deployment.start("ingest", "beat", "worker-1")

    with under_traffic(deployment, flows) as experiment:
        experiment.recover("start")
        for flow in flows:
            flow.losses = flow.name in LOSES
        deployment.segment.behave(
            *[
                {"write_key": flow.write_key, "answers": WAYS[flow.name]}
                for flow in flows
                if WAYS[flow.name]
            ]
        )
        experiment.recover("every way to fail")

    lost = {
        r["source"]: r["events"] for r in deployment.segment.requests if was_lost(r)
    }
    assert len(lost) == 1
    for flow in flows:
        if flow.name == "lost answer":  # and only that batch came twice
            assert (
                experiment.receiver.duplicates(flow) == lost[source_of(flow.write_key)]
            )
        if flow.name == "429 Retry-After":
            assert (
                longest_silence_s(experiment.receiver.arrivals[flow.write_key])
                >= LIMITED_S
            )


def was_lost(request):
    return request["taken"] and request["status"] is None


def longest_silence_s(arrivals):
    return max(later - earlier for earlier, later in pairwise(arrivals))


def test_one_bad_event_among_2500_is_found_and_the_others_arrive(deployment):
    [flow] = flows = open_flows("a")
    bad = flow.message_id(1_234)
    deployment.start("ingest", "beat")
    deployment.segment.behave({"only_event": bad, "then": 400})

    with under_traffic(
        deployment, flows, skipped=frozenset([bad]), batch=500
    ) as experiment:
        until(lambda: flow.acknowledged >= 2_500)
        deployment.start("worker-1")
        experiment.recover("one bad event among 2,500")

    refused = [r for r in deployment.segment.requests if r["status"] == 400]
    assert len(refused) <= 13  # halving 2,500 down to 1


def test_a_key_that_segment_refuses_queues_its_events_until_someone_resumes(deployment):
    flows = open_flows("a", "b")
    deployment.start("ingest", "beat", "worker-1")

    with under_traffic(deployment, flows) as experiment:
        experiment.recover("start")
        key = flows[0].write_key
        deployment.segment.behave({"write_key": key, "then": 401})
        cursor = Cursor.objects.filter(pk=flows[0].cursor.pk)
        until(lambda: cursor.filter(held=True).exists())
        deployment.segment.behave()
        asked = len(experiment.receiver.arrivals[key])
        experiment.await_more(20, flows[1])
        assert len(experiment.receiver.arrivals[key]) <= asked + 1
        status.resume(connection=cursor.get().connection, actor=None)
        experiment.recover("a refused key")


def test_an_unreachable_region_does_not_affect_the_others(deployment):
    """No DNS name, a bad certificate, one region down: each in turn, beside others."""
    flows = open_flows("us", "eu", "sandbox", regions=REGIONS)
    flows = [*flows, open_quiet_flow()]
    deployment.start("ingest", "beat", "worker-1")

    with under_traffic(deployment, flows) as experiment:
        experiment.recover("start")
        for fault in random.Random(1).sample([name_unknown, certificate_bad], 2):
            with experiment.during(fault):
                experiment.await_more(40, flows[2])
