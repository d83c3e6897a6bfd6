"""Ingest restarts repeatedly behind docker/nginx.conf, in this process."""

from __future__ import annotations

import signal
import socket
import threading

import pytest
import requests

from streams.events.models import Event
from tests import factories
from tests.end_to_end.proxies import nginx
from tests.ingest.local_server import serving
from tests.ingest.sender_requests import basic, track
from tests.portal_processes import until
from tests.servers.certificates import Certificates
from tests.servers.child_processes import start, stop
from tests.servers.valkey import free_port

pytestmark = pytest.mark.django_db(transaction=True)

RESTARTS = 3


@pytest.fixture
def listening():
    """The socket that systemd or gunicorn's master keeps open."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as sock:
        yield sock


@pytest.fixture
def events(tmp_path, listening):
    """The address of ingest behind nginx.

    The socket listens, but nothing responds yet.
    """
    Certificates.make(tmp_path)
    ports = {name: free_port() for name in ("http", "web", "events")}
    behind = f"127.0.0.1:{listening.getsockname()[1]}"
    command = nginx(tmp_path, ports, {"web": behind, "events": behind})
    proxy = start(command, at_our_death=signal.SIGKILL, process_group=0)
    until(lambda: accepts(ports["events"]))
    yield f"https://localhost:{ports['events']}"
    stop(proxy, signal.SIGTERM)


def accepts(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def test_restarts_fail_no_request_of_clients_that_do_not_retry(
    events, listening, tmp_path
):
    feed = factories.cursor(factories.connection()).feed
    key, done, results = factories.ingest_key(feed), threading.Event(), {}

    def send(number):
        while not done.is_set():
            name = f"r{number}-{len(results)}"
            results[name] = requests.post(
                f"{events}/v1/track", json=track(name), headers=basic(key), timeout=60,
                verify=str(tmp_path / "good.pem"),
            ).status_code  # fmt: skip

    senders = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    for sender in senders:
        sender.start()
    for restart in range(RESTARTS):
        with serving(listening=listening.dup()):
            target = len(results) + 20
            until(lambda target=target: len(results) > target, within_s=60)
            if restart == RESTARTS - 1:
                done.set()
                for sender in senders:
                    sender.join()

    assert {name: status for name, status in results.items() if status != 200} == {}
    stored = Event.objects.filter(feed=feed).values_list("message_id", flat=True)
    assert sorted(stored) == sorted(results)
