"""Segment in every way that it can fail, while events flow."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from streams.delivery.connection import status
from streams.delivery.models import Cursor
from streams.sandbox.debugger.event_view import source_of
from tests.faults.breaking import certificate_bad, name_unknown
from tests.faults.event_lanes import REGIONS, open_lanes, open_quiet_lane
from tests.faults.scene import playing
from tests.running import until

pytestmark = [pytest.mark.processes]

LIMITED_S = 6.0


def limited(**headers: str | None) -> dict:
    return {"status": 429, "headers": {"Retry-After": None, **headers}}


# What each of the connections meets with, and then nothing more.
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
# Segment took the batch and we cannot know: it is sent once more.
LOSES = {"hang in the answer", "drip", "drip beyond all patience", "lost answer"}


def test_every_way_to_fail_costs_its_own_connection_alone_and_passes(site):
    lanes = open_lanes(*WAYS)
    site.start("ingest", "beat", "worker-1")

    with playing(site, lanes) as scene:
        scene.recover("start")
        for lane in lanes:
            lane.losses = lane.name in LOSES
        site.segment.behave(
            *[
                {"write_key": lane.write_key, "answers": WAYS[lane.name]}
                for lane in lanes
                if WAYS[lane.name]
            ]
        )
        scene.recover("every way to fail")

    lost = {r["source"]: r["events"] for r in site.segment.requests if was_lost(r)}
    assert len(lost) == 1
    for lane in lanes:
        if lane.name == "lost answer":  # and only what was in that batch came twice
            assert scene.receiver.duplicates(lane) == lost[source_of(lane.write_key)]
        if lane.name == "429 Retry-After":
            assert (
                longest_silence_s(scene.receiver.arrivals[lane.write_key]) >= LIMITED_S
            )


def was_lost(request):
    return request["taken"] and request["status"] is None


def longest_silence_s(arrivals):
    return max(later - earlier for earlier, later in pairwise(arrivals))


def test_one_bad_event_among_2500_is_found_and_the_rest_arrive(site):
    [lane] = lanes = open_lanes("a")
    bad = lane.message_id(1_234)
    site.start("ingest", "beat")
    site.segment.behave({"only_event": bad, "then": 400})

    with playing(site, lanes, skipped=frozenset([bad]), batch=500) as scene:
        until(lambda: lane.acknowledged >= 2_500)
        site.start("worker-1")
        scene.recover("one bad event among 2,500")

    refused = [r for r in site.segment.requests if r["status"] == 400]
    assert len(refused) <= 13  # halving 2,500 down to 1


def test_a_key_that_segment_refuses_holds_its_events_until_a_person_has_looked(site):
    lanes = open_lanes("a", "b")
    site.start("ingest", "beat", "worker-1")

    with playing(site, lanes) as scene:
        scene.recover("start")
        key = lanes[0].write_key
        site.segment.behave({"write_key": key, "then": 401})
        cursor = Cursor.objects.filter(pk=lanes[0].cursor.pk)
        until(lambda: cursor.filter(held=True).exists())
        site.segment.behave()
        asked = len(scene.receiver.arrivals[key])
        scene.await_more(20, lanes[1])
        assert len(scene.receiver.arrivals[key]) <= asked + 1
        status.resume(connection=cursor.get().connection, actor=None)
        scene.recover("a refused key")


def test_a_region_that_cannot_be_reached_leaves_the_others_alone(site):
    """No name, a bad certificate, one region dead: each in turn, others beside it."""
    lanes = open_lanes("us", "eu", "sandbox", regions=REGIONS)
    lanes = [*lanes, open_quiet_lane()]
    site.start("ingest", "beat", "worker-1")

    with playing(site, lanes) as scene:
        scene.recover("start")
        for fault in random.Random(1).sample([name_unknown, certificate_bad], 2):
            with scene.broken(fault):
                scene.await_more(40, lanes[2])
