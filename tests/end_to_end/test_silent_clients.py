"""Three hundred silent and slow clients on each port delay no one else."""

from __future__ import annotations

import os
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
import requests

from tests import factories
from tests.ingest.sender_requests import basic, track

pytestmark = [pytest.mark.processes]

CLIENTS = 300  # on each port
SECONDS = float(os.environ.get("SILENT_CLIENTS_S", "20"))
# Nothing at all; half a head; a body that drips; a full request, its response not read.
HEADS = [
    b"",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ",
    b"POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n{",
    b"POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n{",
]


class Dripping:
    """Clients of one server that send a byte per second and reconnect when cut off."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._address = (address.hostname, address.port)
        self._sockets: dict[int, socket.socket] = {}

    def drip(self) -> None:
        """Send one byte from each client that is not silent."""
        for number in range(CLIENTS):
            head = HEADS[number % len(HEADS)]
            try:
                if number not in self._sockets:
                    self._sockets[number] = socket.create_connection(self._address, 5)
                    self._sockets[number].sendall(head)
                elif head:
                    self._sockets[number].sendall(b"x")
                elif not self._is_open(number):
                    raise ConnectionResetError
            except OSError:
                if number in self._sockets:
                    self._sockets.pop(number).close()

    def _is_open(self, number: int) -> bool:
        with selectors.DefaultSelector() as selector:
            selector.register(self._sockets[number], selectors.EVENT_READ)
            return not selector.select(0)

    def close(self) -> None:
        for one in self._sockets.values():
            one.close()


@contextmanager
def dripping(*urls: str) -> Iterator[None]:
    servers = [Dripping(url) for url in urls]
    for server in servers:
        server.drip()
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(1):
            for server in servers:
                server.drip()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        for server in servers:
            server.close()


def test_silent_and_slow_clients_on_each_port_delay_no_one(portal, far_segment):
    feed = factories.cursor(factories.connection(factories.feed())).feed
    key = factories.ingest_key(feed)
    web, ingest = portal.web(), portal.ingest()

    def ask(number: int) -> dict[str, tuple[int, float]]:
        calls = {
            "page": lambda: requests.get(f"{web}/accounts/login/", timeout=10),
            "event": lambda: requests.post(f"{ingest}/v1/track", json=track(f"m{number}"), headers=basic(key), timeout=10),
            "event on the web port": lambda: requests.post(f"{web}/v1/track", json=track(f"w{number}"), headers=basic(key), timeout=10),
            "sandbox": lambda: requests.get(f"{far_segment.url}/_sandbox/stats", timeout=10),
        }  # fmt: skip
        found = {}
        for name, call in calls.items():
            began = time.monotonic()
            found[name] = (call().status_code, time.monotonic() - began)
        return found

    ask(-1)  # the first request of a process loads modules
    lines = lines_about_others(portal)
    slowest: dict[str, float] = {}
    statuses = set()
    with dripping(web, ingest, far_segment.url):
        ends_at = time.monotonic() + SECONDS
        number = 0
        while time.monotonic() < ends_at:
            for name, (status, took_s) in ask(number).items():
                statuses.add(status)
                slowest[name] = max(slowest.get(name, 0), took_s)
            number += 1
            time.sleep(0.2)
    print(slowest, number)

    assert statuses == {200}
    assert {name for name, took_s in slowest.items() if took_s >= 1} == set()
    assert lines_about_others(portal) - lines < 100


def lines_about_others(portal) -> int:
    """Count the lines of the log that are not about events stored by this test."""
    log = portal.log.read_text().splitlines()
    return sum('"event": "ingest.stored"' not in line for line in log)
