"""Clients that send a request and close before its response."""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests import factories

if TYPE_CHECKING:
    from tests.faults.deployment import Deployment

CLIENTS = 4
LONGEST_S = 0.012


@contextmanager
def leaving_early(deployment: Deployment) -> Iterator[None]:
    """Run such clients during the block, with events for a separate feed."""
    key = factories.ingest_key(factories.feed()).text
    ended = threading.Event()
    threads = [
        threading.Thread(target=_come_and_go, args=(deployment.urls[name], key, ended))
        for name in ("ingest", "web")
        for _ in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _come_and_go(url: str, key: str, ended: threading.Event) -> None:
    address = urlsplit(url)
    event = {"type": "track", "event": "Email Opened", "userId": "user-1"}
    body = json.dumps({"batch": [event], "writeKey": key})
    head = f"POST /v1/batch HTTP/1.1\r\nHost: {address.netloc}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    while not ended.is_set():
        with (
            suppress(OSError),
            socket.create_connection((address.hostname, address.port), 2) as client,
        ):
            client.sendall((head + body).encode())
            time.sleep(random.uniform(0, LONGEST_S))
        ended.wait(0.05)
