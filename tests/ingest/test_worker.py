"""The ingest process: gunicorn with our worker, as production starts it."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from urllib.parse import urlsplit

import psutil
import pytest
import requests
from django.conf import settings
from segment.analytics import Client

from streams.base.ids import new_secret
from streams.events.models import Event
from streams.ingest.app import IngestApp
from streams.observability.issues.models import IssueHour
from tests import factories
from tests.ingest.sender_requests import TRACK, basic, bearer, track
from tests.portal_processes import RunningPortal, database_url, running, until

BROKER_TIMEOUT_S = settings.CELERY_BROKER_TRANSPORT_OPTIONS["socket_timeout"]
pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def processes(transactional_db, services, tmp_path):
    with running(services.environ(DATABASE_URL=database_url()), tmp_path) as processes:
        yield processes
        print(processes.log.read_text())  # shown with a failure


@pytest.fixture(scope="module")
def url(django_db_setup, services, tmp_path_factory):
    """The URL of a process that several tests use, one after the other."""
    environ = services.environ(DATABASE_URL=database_url())
    with running(environ, tmp_path_factory.mktemp("shared")) as processes:
        yield processes.ingest()


@pytest.fixture
def own_url(processes: RunningPortal):
    return processes.ingest()


@pytest.fixture
def feed(transactional_db):
    return factories.cursor(factories.connection()).feed


@pytest.fixture
def key(feed):
    return factories.ingest_key(feed)


def logged(feed):
    rows = Event.objects.filter(feed=feed).order_by("seq")
    return [json.loads(bytes(row.payload)) for row in rows]


def send_raw(url, head, body=b"", *, then_close=False):
    """Send bytes unchanged; return everything until the server closes."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=40) as wire:
        wire.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        if then_close:
            return b""
        return b"".join(iter(lambda: wire.recv(65536), b""))


@pytest.mark.parametrize("compress", [False, True])
def test_the_official_python_library_works_unchanged(url, feed, key, compress):
    failed = []
    client = Client(
        key.text,
        host=url,
        gzip=compress,
        on_error=lambda error, _: failed.append(error),
    )

    client.identify("u1", {"plan": "free"})
    client.track("u1", "Email Opened", {"subject": "Hi"})
    client.page("u1", "Docs", "Start", {"path": "/"})
    client.screen("u1", "App", "Inbox")
    client.group("u1", "g1", {"name": "Acme"})
    client.alias("old", "u1")
    client.flush()
    client.join()

    assert failed == []
    events = logged(feed)
    assert [event["type"] for event in events] == [
        "identify", "track", "page", "screen", "group", "alias",
    ]  # fmt: skip
    assert {event["context"]["library"]["name"] for event in events} == {
        "analytics-python"
    }
    assert not any({"writeKey", "sentAt"} & event.keys() for event in events)


def test_the_library_reports_a_wrong_key(url):
    failed = []
    client = Client(
        "ik_wrong", host=url, on_error=lambda error, _: failed.append(error)
    )

    client.track("u1", "Email Opened")
    client.flush()
    client.join()

    assert [(error.status, error.code) for error in failed] == [(401, "INGEST-KEY-002")]


def test_many_simultaneous_senders_lose_and_double_nothing(own_url, feed, key):
    def send(number):
        with requests.Session() as session:
            answers = [
                session.post(
                    f"{own_url}/v1/track",
                    json=track(f"{number}-{step}"),
                    headers=basic(key),
                    timeout=20,
                )
                for step in range(10)
            ]
        return [answer.json()["results"][0]["outcome"] for answer in answers]

    with ThreadPoolExecutor(20) as senders:
        outcomes = list(senders.map(send, [*range(20), *range(5)]))

    flat = list(chain.from_iterable(outcomes))
    assert (flat.count("accepted"), flat.count("duplicate")) == (200, 50)
    assert len({event["messageId"] for event in logged(feed)}) == 200


def test_a_large_request_of_a_partner_is_accepted(url, feed):
    _, token = factories.token(feed.stream)
    batch = [
        track(
            f"m{n}", workspace=feed.workspace.external_id, properties={"t": "x" * 1500}
        )
        for n in range(2_500)
    ]

    answer = requests.post(
        f"{url}/v1/batch",
        data=gzip.compress(json.dumps({"batch": batch}).encode()),
        headers={**bearer(token), "Content-Encoding": "gzip"},
        timeout=30,
    )

    assert (answer.status_code, answer.json()["accepted"]) == (200, 2_500)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/track", 405),
        ("POST", "/nowhere", 404),
        ("OPTIONS", "/v1/t", 204),
        ("GET", "/healthz", 200),
    ],
)
def test_every_response_is_json_that_a_browser_can_read(url, method, path, status):
    answer = requests.request(method, url + path, timeout=10)

    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Content-Type"] == "application/json"


def test_a_body_in_chunks_is_accepted(url, feed, key):
    body = json.dumps(TRACK).encode()

    answer = requests.post(
        f"{url}/v1/track",
        data=iter([body[:9], body[9:]]),
        headers=basic(key),
        timeout=10,
    )

    assert (answer.status_code, len(logged(feed))) == (200, 1)


def test_an_oversized_body_is_cut_off(url):
    announced = send_raw(
        url, "POST /v1/batch HTTP/1.1\nHost: x\nContent-Length: 999999999"
    )
    in_chunks = send_raw(
        url,
        "POST /v1/batch HTTP/1.1\nHost: x\nTransfer-Encoding: chunked",
        b"100000\r\n" + b"x" * 0x100000,
    )

    for answer in (announced, in_chunks):
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"INGEST-SIZE-001" in answer


def test_a_body_that_drips_is_cut_off(url):
    began = time.monotonic()

    answer = send_raw(
        url, "POST /v1/batch HTTP/1.1\nHost: x\nContent-Length: 100", b'{"batch"'
    )

    assert answer.startswith(b"HTTP/1.1 408")
    assert (
        IngestApp.body_timeout_s
        <= time.monotonic() - began
        < 2 * IngestApp.body_timeout_s
    )


def test_a_sender_who_disconnects_leaves_nothing_and_harms_no_one(url, feed, key):
    head = "POST /v1/track HTTP/1.1\nHost: x\nContent-Length: 100"
    for _ in range(20):
        send_raw(url, head, b"{", then_close=True)

    answer = requests.post(
        f"{url}/v1/track", json=TRACK, headers=basic(key), timeout=10
    )

    assert answer.status_code == 200
    assert len(logged(feed)) == 1


def test_events_acknowledged_before_the_stop_are_stored(processes, own_url, feed, key):
    [server] = processes._children
    acknowledged = []

    def send(number):
        while True:
            message_id = f"{number}-{len(acknowledged)}-{time.monotonic_ns()}"
            try:
                answer = requests.post(
                    f"{own_url}/v1/track",
                    json=track(message_id),
                    headers=basic(key),
                    timeout=10,
                )
            except requests.ConnectionError:
                return
            assert answer.status_code == 200
            acknowledged.append(message_id)

    with ThreadPoolExecutor(8) as senders:
        sending = [senders.submit(send, number) for number in range(8)]
        until(lambda: len(acknowledged) > 50)
        server.send_signal(signal.SIGTERM)
        for future in sending:
            future.result(30)
        until(lambda: server.poll() is not None)

    assert server.returncode == 0
    assert set(acknowledged) == {event["messageId"] for event in logged(feed)}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_worker_that_dies_or_hangs_is_replaced(services, tmp_path, feed, key, how):
    environ = services.environ(
        DATABASE_URL=database_url(), GUNICORN_CMD_ARGS="--timeout=10"
    )
    with running(environ, tmp_path) as processes:
        url = processes.ingest()
        [arbiter] = processes._children
        [worker] = children(arbiter.pid)

        os.kill(worker, how)
        until(lambda: children(arbiter.pid) not in ([worker], []), within_s=60)
        answer = requests.post(
            f"{url}/v1/track", json=TRACK, headers=basic(key), timeout=30
        )

    assert (answer.status_code, len(logged(feed))) == (200, 1)


def children(pid):
    return [process.pid for process in psutil.Process(pid).children()]


def test_no_key_is_in_the_log(processes, own_url, key):
    unknown = new_secret("pt_")
    requests.post(f"{own_url}/v1/track", json=TRACK, headers=basic(key), timeout=10)
    requests.post(
        f"{own_url}/v1/track", json=TRACK, headers=bearer(unknown), timeout=10
    )
    requests.post(
        f"{own_url}/v1/batch", data=b'{"writeKey": "%s"' % key.text.encode(), timeout=10
    )

    log = processes.log.read_text()

    assert key.text not in log
    assert unknown.text not in log


def test_while_the_database_is_away_senders_are_asked_to_retry_later(
    services, tmp_path, key
):
    nowhere = "sqlite:////nowhere/at/all.sqlite3"
    with running(services.environ(DATABASE_URL=nowhere), tmp_path) as processes:
        answer = requests.post(
            f"{processes.ingest()}/v1/track", json=TRACK, headers=basic(key), timeout=10
        )

    assert (answer.status_code, answer.json()["code"]) == (503, "INGEST-DOWN-001")
    assert answer.headers["Retry-After"] == "5"


def test_a_broker_that_does_not_respond_delays_no_one(services, tmp_path, feed, key):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # sends nothing
        port = silent.getsockname()[1]
        environ = services.environ(
            DATABASE_URL=database_url(), REDIS_URL=f"redis://127.0.0.1:{port}/0"
        )
        with running(environ, tmp_path) as processes:
            url = processes.ingest()
            began = time.monotonic()
            for number in range(3):
                requests.post(
                    f"{url}/v1/track",
                    json=track(f"m{number}"),
                    headers=basic(key),
                    timeout=10,
                ).raise_for_status()
            took = time.monotonic() - began

    assert len(logged(feed)) == 3
    assert took < 3 * BROKER_TIMEOUT_S  # each of the three would have waited


def test_the_process_defers_events_of_a_full_feed_too(services, tmp_path, feed, key):
    factories.append(feed, 3)
    environ = services.environ(DATABASE_URL=database_url(), MAX_FEED_BACKLOG_EVENTS="3")
    with running(environ, tmp_path) as processes:
        answer = requests.post(
            f"{processes.ingest()}/v1/track", json=TRACK, headers=basic(key), timeout=10
        )

    assert (answer.status_code, answer.json()["code"]) == (429, "INGEST-FULL-001")
    assert answer.headers["Retry-After"] == "60"
    assert len(logged(feed)) == 3


def test_counted_issues_are_written_when_a_process_ends(processes, feed, key):
    urls = [processes.ingest(), processes.web()]
    for url in urls:
        answer = requests.post(
            f"{url}/v1/track", json={"event": "Email Opened"}, headers=basic(key)
        )
        assert answer.json()["code"] == "SPEC-ID-001"

    processes.stop()

    counts = IssueHour.objects.filter(kind__feed=feed)
    assert list(counts.values_list("kind__rule", "count")) == [("SPEC-ID-001", 2)]
