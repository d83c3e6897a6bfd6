"""A worker is killed while it sends: nothing is lost, little is sent twice."""

from __future__ import annotations

import threading
import time

import pytest
import requests
from django.db import transaction

from streams.delivery.models import Cursor
from tests import make
from tests.running import until

pytestmark = [pytest.mark.processes]

CONNECTIONS = 400
EVENTS = 20_000


def connected_feeds(count: int) -> list[str]:
    """The ingest keys of so many feeds of one stream, each with a connection."""
    stream = make.stream()
    with transaction.atomic():  # one commit, for speed
        feeds = [
            make.cursor(make.connection(make.feed(stream))).feed for _ in range(count)
        ]
        return [make.ingest_key(feed).text for feed in feeds]


def send(url: str, keys: list[str], events: int) -> None:
    """Post events in batches of 50, to one feed after the other."""
    with requests.Session() as session:
        for number in range(events // 50):
            batch = [
                {
                    "type": "track",
                    "event": "Email Opened",
                    "userId": f"user-{n}",
                    "messageId": f"{number}-{n}",
                    "properties": {"email_id": f"{number}-{n}"},
                }
                for n in range(50)
            ]
            answer = session.post(
                f"{url}/v1/batch",
                json={"batch": batch},
                auth=(keys[number % len(keys)], ""),
                timeout=30,
            )
            assert answer.status_code == 200, answer.text


def per_second(stats, since: float) -> list[int]:
    """How many requests came in each whole second from a moment on."""
    return [count for second, count in stats["seconds"] if second > since]


def test_kill_9_in_mid_batch_loses_nothing_and_recovers_in_time(portal, far_segment):
    keys = connected_feeds(CONNECTIONS)
    url, worker = portal.ingest(), portal.worker()
    portal.beat()
    traffic = threading.Thread(target=send, args=(url, keys, EVENTS))
    traffic.start()
    until(lambda: far_segment.stats()["requests"] >= 60)

    portal.kill(worker)
    before = far_segment.stats()
    portal.worker()
    recovery_s = until(lambda: far_segment.stats()["requests"] > before["requests"])
    back_at = time.time()
    traffic.join()
    until(lambda: far_segment.stats()["unique_message_ids"] == EVENTS, within_s=120)
    until(lambda: not Cursor.objects.exclude(due_at=None).exists())

    stats = far_segment.stats()
    biggest = max(request["events"] for request in far_segment.requests)
    assert recovery_s < 30
    assert stats["worst_second"] <= 50
    assert stats["events"] - EVENTS <= biggest
    # A rate is of the machine, so it is shown and not asserted.
    print("requests in each second after the recovery:", per_second(stats, back_at))
    assert sum(cursor.delivered for cursor in Cursor.objects.all()) == EVENTS
