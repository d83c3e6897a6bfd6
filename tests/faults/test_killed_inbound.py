"""Ingest is killed while Segment sends events to an inbound address."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
import requests

from streams.identity.models import Link
from tests import factories
from tests.portal_processes import INGEST, until
from tests.servers.valkey import free_port

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

PEOPLE = 1_000
KILLS_AFTER = (200, 500, 800)  # acknowledged calls


def identify(number: int) -> dict:
    return {
        "type": "identify",
        "userId": f"u{number}",
        "messageId": f"m{number}",
        "projectId": "p1",
        "traits": {"email": f"p{number}@example.com"},
    }


class SegmentSide:
    """Sends identify calls, and each again until it is acknowledged, as Segment does."""

    def __init__(self, url: str, secret: str) -> None:
        self.acknowledged: list[int] = []
        self.retries = 0
        self.is_over = threading.Event()
        self._url = url
        self._secret = secret
        self._lock = threading.Lock()

    def close(self) -> None:
        self.is_over.set()

    def send(self, number: int) -> None:
        while not self.is_over.is_set():
            try:
                response = requests.post(
                    self._url,
                    json=identify(number),
                    headers={"Authorization": f"Bearer {self._secret}"},
                    timeout=10,
                )
            except requests.RequestException:
                response = None
            with self._lock:
                if response is not None and response.status_code == 200:
                    self.acknowledged.append(number)
                    return
                self.retries += 1
            # Segment drops an event that gets any other status.
            assert response is None or response.status_code == 503
            self.is_over.wait(0.05)


def test_nothing_that_was_acknowledged_is_lost_when_ingest_is_killed(portal):
    address, secret = factories.inbound_address()
    url = f"http://127.0.0.1:{free_port()}"
    segment = SegmentSide(f"{url}/v1/inbound/{address.public_id}", secret.text)
    server = portal.serve(url, INGEST)
    portal.answering(server, url)

    with ThreadPoolExecutor(8) as threads, closing(segment):
        sent = [threads.submit(segment.send, number) for number in range(PEOPLE)]
        for count in KILLS_AFTER:
            until(lambda count=count: len(segment.acknowledged) >= count)
            portal.kill(server)
            acknowledged = list(segment.acknowledged)
            links = set(Link.objects.values_list("user_id", flat=True))
            assert {f"u{number}" for number in acknowledged} <= links
            server = portal.serve(url, INGEST)
        for one in sent:
            one.result()

    address.refresh_from_db()
    assert segment.retries > 0
    assert (address.learned, Link.objects.count()) == (PEOPLE, PEOPLE)
    assert address.received == PEOPLE + address.duplicates
