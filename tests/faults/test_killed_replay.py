"""A worker is killed during a replay, which continues where it was."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from streams.base.clock import now
from streams.delivery.models import Cursor
from streams.delivery.replay import services
from streams.delivery.replay.filter import ReplayFilter, ReplaySelection
from streams.delivery.replay.models import Replay
from streams.events.models import Event
from streams.observability.reconcile import inconsistencies
from tests import factories
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]

EVENTS, CLICKS = 40_000, 10_000


def sent() -> Cursor:
    """A live cursor that has sent EVENTS, of which every fourth is a click."""
    live = factories.cursor(factories.connection())
    with transaction.atomic():  # one commit, for speed
        for _ in range(0, EVENTS, 5_000):
            factories.append(live.feed, 5_000, now=now())  # beat expires older ones
        factories.delivered(live, EVENTS, now=now())
    clicks = f"UPDATE streams_event SET name = 'Email Clicked' WHERE seq % 4 = 0 AND feed_id = {live.feed_id}"
    with connection.cursor() as sql:
        sql.execute(clicks)
    return live


def test_killing_a_worker_during_a_replay_sends_the_rest_and_repeats_the_same_ids(
    portal, far_segment
):
    live = sent()
    # Responses are late, so that the kill falls into the replay.
    far_segment.behave({"answers": [], "then": {"delay_s": 0.2, "take": True}})
    replay, _ = services.start_replay(
        connection=live.connection,
        wanted=ReplaySelection(filter=ReplayFilter(name="Email Clicked")),
        new_ids=True,
        actor=None,
    )
    worker = portal.worker()
    portal.beat()
    until(lambda: far_segment.stats()["requests"] >= 4)

    portal.kill(worker)
    at_the_kill = Cursor.objects.get(pk=replay.pk)
    portal.worker()
    until(lambda: not Cursor.objects.filter(ended_at=None, kind="replay").exists())

    stats = far_segment.stats()
    replay = Replay.objects.select_related("cursor").get(pk=replay.pk)
    biggest = max(request["events"] for request in far_segment.requests)
    assert 0 < at_the_kill.position < EVENTS
    assert replay.state == "completed"
    assert (replay.cursor.delivered, replay.cursor.filtered) == (
        CLICKS,
        EVENTS - CLICKS,
    )
    assert stats["unique_message_ids"] == CLICKS
    # Only the request that was in progress: it has the same new messageIds.
    assert stats["duplicates"] <= biggest
    old = Event.objects.filter(feed=live.feed).values_list("message_id", flat=True)
    assert not {e["messageId"] for e in far_segment.events()[:500]} & set(old)
    assert list(inconsistencies(live.feed)) == []
