"""A worker is killed while it sends: nothing is lost, and little is sent twice."""

from __future__ import annotations

import threading
import time
from itertools import batched

import pytest
import requests
from django.db import transaction

from streams.delivery.models import Cursor
from tests import factories
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]

EVENTS = 10_000


def connected_feeds(count: int) -> list[str]:
    """Create this many connected feeds of one stream; return their ingest keys."""
    stream = factories.stream()
    with transaction.atomic():  # one commit, for speed
        feeds = [
            factories.cursor(factories.connection(factories.feed(stream))).feed
            for _ in range(count)
        ]
        return [factories.ingest_key(feed).text for feed in feeds]


def send(url: str, keys: list[str], *, padding_bytes: int) -> None:
    """Post EVENTS in batches of 25, to one feed after the other."""
    with requests.Session() as session:
        for number, ids in enumerate(batched(range(EVENTS), 25)):
            batch = [
                {
                    "type": "track",
                    "event": "Email Opened",
                    "userId": f"user-{n}",
                    "messageId": f"message-{n}",
                    "properties": {"padding": "x" * padding_bytes},
                }
                for n in ids
            ]
            answer = session.post(
                f"{url}/v1/batch",
                json={"batch": batch},
                auth=(keys[number % len(keys)], ""),
                timeout=30,
            )
            assert answer.status_code == 200, answer.text


def per_second(stats, since: float) -> list[int]:
    """Return the number of requests in each whole second from this moment on."""
    return [count for second, count in stats["seconds"] if second > since]


@pytest.mark.parametrize(
    ("connections", "padding_bytes", "after_requests"),
    [(1, 2_000, 10), (400, 10, 60)],
    ids=["one connection", "400 connections"],
)
def test_killing_a_worker_during_a_batch_loses_nothing_and_recovers_in_time(
    portal, far_segment, connections, padding_bytes, after_requests
):
    url, worker = portal.ingest(), portal.worker()
    portal.beat()
    keys = connected_feeds(connections)
    traffic = threading.Thread(
        target=send, args=(url, keys), kwargs={"padding_bytes": padding_bytes}
    )
    traffic.start()
    until(lambda: far_segment.stats()["requests"] >= after_requests)
    # Responses are late now, so that the kill falls between a request and its response.
    far_segment.behave({"answers": [], "then": {"delay_s": 0.5, "take": True}})
    until(lambda: far_segment.stats()["requests"] >= after_requests + 2)

    portal.kill(worker)
    far_segment.behave()
    killed = far_segment.stats()
    portal.worker()
    recovery_s = until(lambda: far_segment.stats()["requests"] > killed["requests"])
    back_at = time.time()
    traffic.join()
    until(lambda: far_segment.stats()["unique_message_ids"] == EVENTS, within_s=120)
    until(lambda: not Cursor.objects.exclude(due_at=None).exists())

    stats = far_segment.stats()
    biggest = max(request["events"] for request in far_segment.requests)
    assert recovery_s < 30
    assert stats["worst_second"] <= 50
    # One request may be in progress for each connection, and is sent again.
    assert max(tally["duplicates"] for tally in stats["by_key"].values()) <= biggest
    assert sum(cursor.delivered for cursor in Cursor.objects.all()) == EVENTS
    # Rates depend on the machine, so they are printed and not asserted.
    print(f"recovered in {recovery_s:.1f} s, {stats['duplicates']} sent twice")
    print("requests in each second after the recovery:", per_second(stats, back_at))
