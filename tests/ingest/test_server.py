"""The ingest server handles anything that arrives on a socket."""

from __future__ import annotations

import json
import logging
import os
import resource
import select
import socket
import ssl
import struct
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event as Gate
from threading import Thread

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streams.base.ids import new_secret
from streams.delivery.models import Lease
from streams.events.models import Event, Feed
from streams.ingest.app import IngestApp
from streams.ingest.http.body import MAX_BYTES, MAX_PARTNER_BYTES
from streams.observability.readiness_cache import verdict
from streams.serving import body_budget, timeouts
from streams.serving.http_format import MAX_HEAD_BYTES, MAX_HEADERS, MAX_TARGET_BYTES
from streams.serving.listener import OTHER_FILES, connection_limit
from streams.serving.timeouts import CHECKED_BODY, MAX_PIPELINED, PIPELINED
from tests import factories
from tests.ingest.local_server import Wire, serving
from tests.ingest.sender_requests import TRACK, basic, bearer, track
from tests.portal_processes import until
from tests.servers.certificates import Certificates

pytestmark = pytest.mark.django_db(transaction=True)

ALIVE = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def server(transactional_db, caplog):
    with serving() as running:
        yield running
    failures = [*caplog.get_records("setup"), *caplog.get_records("call")]
    assert [r.getMessage() for r in failures if r.levelno >= logging.ERROR] == []


@pytest.fixture
def feed(transactional_db):
    return factories.cursor(factories.connection()).feed


@pytest.fixture
def key(feed):
    return factories.ingest_key(feed)


@pytest.fixture
def impatient(monkeypatch):
    """Have the server time out after fractions of a second."""
    for name in ("FIRST_BYTE", "HEAD", "IDLE", "TAKE"):
        monkeypatch.setattr(timeouts, f"{name}_TIMEOUT_S", 0.3)
    for name in ("body", "response"):
        monkeypatch.setattr(IngestApp, f"{name}_timeout_s", 0.3)


def post(path, *lines, body=b""):
    head = [f"POST {path} HTTP/1.1", "Host: x", *lines]
    return "\r\n".join([*head, "", ""]).encode() + body


def call(key, event=TRACK, *lines):
    """Return a complete request for one event."""
    body = json.dumps(event).encode()
    authorization = f"Authorization: {basic(key)['Authorization']}"
    length = f"Content-Length: {len(body)}"
    return post("/v1/track", authorization, length, *lines, body=body)


def statuses(answers):
    return [int(part[:3]) for part in answers.split(b"HTTP/1.1 ")[1:]]


def message_ids(feed):
    rows = Event.objects.filter(feed=feed).order_by("seq")
    return [row.message_id for row in rows]


# Well-formed requests


def test_requests_on_one_connection_get_responses_one_after_the_other(
    server, feed, key
):
    with server.connect() as wire:
        for number in range(3):
            wire.send(call(key, track(f"m{number}")))
            status, headers, body = wire.response()

            assert (status, json.loads(body)["results"][0]["seq"]) == (200, number + 1)
            assert "connection" not in headers
            assert headers["date"].endswith("GMT")


def test_pipelined_requests_get_responses_in_their_order(server, feed, key):
    first, second = call(key, track("m1")), call(key, track("m2"))

    with server.connect() as wire:
        wire.send(first + ALIVE + second + ALIVE)
        answers = [wire.response() for _ in range(4)]

    said = [json.loads(body) for _, _, body in answers]
    assert [answer.get("status") for answer in said] == [None, "ok", None, "ok"]
    assert [said[n]["results"][0]["messageId"] for n in (0, 2)] == ["m1", "m2"]
    assert message_ids(feed) == ["m1", "m2"]


def test_a_sender_can_send_more_requests_than_one_read_returns(server, feed, key):
    many = [call(key, track(f"m{number}")) for number in range(5 * PIPELINED)]

    with server.connect() as wire:
        sender = Thread(target=lambda: [wire.send(request) for request in many])
        sender.start()
        found = [wire.response()[0] for _ in many]
        sender.join()

    assert found == [200] * len(many)
    assert message_ids(feed) == [f"m{number}" for number in range(len(many))]


def test_more_requests_than_the_limit_are_accepted_if_responses_are_immediate(server):
    with server.connect() as wire:
        wire.send(ALIVE * (MAX_PIPELINED + 20))
        found = [wire.response() for _ in range(MAX_PIPELINED + 20)]

    assert {(status, "connection" in headers) for status, headers, _ in found} == {
        (200, False)
    }


def test_a_burst_keeps_no_more_requests_than_the_limit(server, feed, key):
    small = call(key, {"type": "track", "userId": "u", "event": "e"})
    burst = small * (MAX_PIPELINED + 20)

    with transaction.atomic(), server.connect() as wire:
        lock(feed)  # nothing can be written, so no response is sent
        wire.send(burst)
        until(lambda: kept(server) and max(kept(server)) >= PIPELINED)
        found = kept(server)

    assert max(found) <= MAX_PIPELINED


def kept(server):
    """Return the number of requests that await a response, by connection.

    The loop counts them, because within one of its steps there can be more for a moment.
    """
    counts = Future()
    server.loop.call_soon_threadsafe(
        lambda: counts.set_result([c.waiting for c in server.server.connections])
    )
    return counts.result(10)


def test_an_event_can_arrive_byte_by_byte(server, feed, key):
    with server.connect() as wire:
        for byte in call(key):
            wire.send(bytes([byte]))

        assert wire.response()[0] == 200


def test_a_body_in_chunks_of_one_byte_is_accepted(server, feed, key):
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in json.dumps(TRACK).encode())
    authorization = f"Authorization: {basic(key)['Authorization']}"

    with server.connect() as wire:
        chunked = post("/v1/track", authorization, "Transfer-Encoding: chunked")
        wire.send(chunked + chunks + b"0\r\nX-Trailer: x\r\n\r\n" + ALIVE)

        assert [wire.response()[0], wire.response()[0]] == [200, 200]


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/v1/track?a=b", 401),
        ("/v1/%74rack", 401),
        ("http://ingest.example/v1/track?a", 401),
        ("/v1/nowhere", 404),
        ("*", 404),
        ("//", 404),
    ],
)
def test_the_path_ends_before_the_query_string(server, target, status):
    with server.connect() as wire:
        wire.send(post(target, "Content-Length: 2", body=b"{}"))

        assert wire.response()[0] == status


def test_a_response_to_head_has_a_length_and_no_body(server):
    with server.connect() as wire:
        wire.send(b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n" + ALIVE)

        status, headers, _ = wire.response(to_head=True)
        assert (status, headers["content-length"]) == (200, "15")
        assert wire.response()[2] == b'{"status":"ok"}'


def test_a_response_without_content_announces_none(server):
    with server.connect() as wire:
        wire.send(b"OPTIONS /v1/t HTTP/1.1\r\nHost: x\r\n\r\n" + ALIVE)

        status, headers, _ = wire.response()
        assert (status, "content-length" in headers) == (204, False)
        assert wire.response()[0] == 200


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /healthz HTTP/1.0\r\n\r\n",
    ],
)
def test_a_connection_close_gets_its_response_and_then_closes(server, request_):
    answer = server.ask(request_ + ALIVE)

    assert statuses(answer) == [200]
    assert b"\r\nconnection: close\r\n" in answer


def test_a_sender_who_closed_their_side_still_gets_the_response(server, feed, key):
    with server.connect() as wire:
        wire.send(call(key))
        wire.socket.shutdown(socket.SHUT_WR)

        assert statuses(wire.read_all()) == [200]


def test_a_sender_who_closes_within_a_request_gets_nothing(server, key):
    with server.connect() as wire:
        wire.send(call(key)[:-1])
        wire.socket.shutdown(socket.SHUT_WR)

        assert wire.read_all() == b""


def test_an_upgrade_to_another_protocol_is_ignored(server, feed, key):
    # Java's client starts every connection with one.
    wish = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AA"]

    with server.connect() as wire:
        wire.send(call(key, track("m1"), *wish) + call(key, track("m2"), *wish))

        assert [wire.response()[0], wire.response()[0]] == [200, 200]
    assert message_ids(feed) == ["m1", "m2"]


def test_everything_works_through_tls(transactional_db, feed, key, tmp_path):
    certificates = Certificates.make(tmp_path)
    theirs = ssl.create_default_context(cafile=certificates.authority)

    with serving(tls=certificates.good) as server, server.connect() as plain:
        secure = theirs.wrap_socket(plain.socket, server_hostname="localhost")
        with Wire(secure) as wire:
            wire.send(call(key) + b"nonsense\r\n\r\n")

            assert statuses(wire.read_all()) == [200, 400]


# Expect: 100-continue and large bodies


def large(size, token=None, *lines):
    named = [f"Authorization: {bearer(token)['Authorization']}"] if token else []
    return post("/v1/batch", f"Content-Length: {size}", *named, *lines)


def test_a_body_of_acceptable_size_is_requested(server, feed):
    _, token = factories.token(feed.stream)
    body = json.dumps({"batch": [track("m1", workspace="w")]}).encode()
    body += b" " * (MAX_BYTES + 1)

    with server.connect() as wire:
        wire.send(large(len(body), token, "Expect: 100-continue"))
        assert wire.response()[0] == 100
        wire.send(body)

        assert wire.response()[0] == 200


def test_a_body_is_requested_in_its_turn(server, feed, key):
    with server.connect() as wire:
        request = call(key, track("m2"), "Expect: 100-continue")
        head, _, body = request.partition(b"\r\n\r\n")
        wire.send(call(key, track("m1")) + head + b"\r\n\r\n")
        found = [wire.response()[0], wire.response()[0]]
        wire.send(body)

        assert [*found, wire.response()[0]] == [200, 100, 200]


def test_a_malformed_request_gets_a_400_even_if_the_sender_closed_their_side(
    server, feed, key
):
    with server.connect() as wire:
        wire.send(call(key) + b"nonsense\r\n\r\n")
        wire.socket.shutdown(socket.SHUT_WR)

        assert statuses(wire.read_all()) == [200, 400]


def test_another_expectation_is_refused(server, key):
    assert statuses(server.ask(call(key, TRACK, "Expect: a miracle"))) == [417]


@pytest.mark.parametrize("size", [MAX_PARTNER_BYTES + 1, CHECKED_BODY + 1])
def test_a_large_body_is_refused_before_it_is_read(server, feed, size):
    stranger = new_secret("pt_")
    _, token = factories.token(feed.stream)
    sender, status = (stranger, 401) if size < MAX_BYTES else (token, 413)

    with server.connect() as wire:
        wire.send(large(size, sender, "Expect: 100-continue"))
        answered, headers, _ = wire.response()

        assert (answered, headers["connection"]) == (status, "close")
        assert wire.read_all() == b""


def test_a_refusal_reaches_a_sender_who_sends_everything_before_reading(server):
    assert statuses(server.ask(large(3_000_000), b"x" * 3_000_000)) == [413]


def test_a_body_in_chunks_is_cut_off_at_the_limit(server):
    chunked = post("/v1/batch", "Transfer-Encoding: chunked")

    answer = server.ask(chunked, *[b"10000\r\n" + b"x" * 0x10000 + b"\r\n"] * 9)

    assert statuses(answer) == [413]


def test_a_key_in_the_body_allows_the_same_size_as_one_in_the_header(server, key):
    body = json.dumps({"writeKey": key.text, "batch": [TRACK]}).encode()
    body += b" " * (MAX_BYTES - len(body))

    with server.connect() as wire:
        wire.send(post("/v1/batch", f"Content-Length: {MAX_BYTES}", body=body))

        assert wire.response()[0] == 200


# Requests that are not HTTP/1.1 or ambiguous

POST = b"POST /v1/track HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"hello\r\n\r\n",
        b"GET /\r\n\r\n",  # HTTP/0.9
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",  # no host
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\nHost: x\n\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",  # a folded line
        b"GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n",
        b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        POST + b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
    ],
)
def test_anything_but_http_is_refused_and_the_connection_closed(server, request_):
    answer = server.ask(request_ + ALIVE)

    assert statuses(answer) == [400]
    assert b"INGEST-HTTP-001" in answer
    assert b"\r\nconnection: close\r\n" in answer


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nContent-Length: 5\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: -5\r\n",
        b"Content-Length:\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: \x0bchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
    ],
)
def test_a_body_of_ambiguous_length_is_refused_with_everything_after_it(
    server, framing
):
    answer = server.ask(POST + framing + b"\r\n0\r\n\r\n" + ALIVE)

    assert statuses(answer) == [400]


@pytest.mark.parametrize(
    "chunks", [b"z\r\n", b"-1\r\n", b"fffffffffffffffff\r\n", b"1\r\nab\r\n", b"1\na\n"]
)
def test_malformed_chunks_are_refused(server, chunks):
    chunked = POST + b"Transfer-Encoding: chunked\r\n\r\n"

    assert statuses(server.ask(chunked + chunks + ALIVE)) == [400]


def test_a_request_before_malformed_data_gets_its_response(server, feed, key):
    answer = server.ask(call(key) + b"nonsense\r\n\r\n")

    assert statuses(answer) == [200, 400]


HOST = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([b"GET /" + b"a" * MAX_TARGET_BYTES + b" HTTP/1.1\r\n"], 414),
        ([HOST, b"A: " + b"a" * MAX_HEAD_BYTES, b"\r\n\r\n"], 431),
        ([HOST, b"A" * MAX_HEAD_BYTES, b": a\r\n\r\n"], 431),
        ([HOST, *[b"a%d: a\r\n" % n for n in range(MAX_HEADERS)], b"\r\n"], 431),
        ([HOST, *[b"Cookie: %b\r\n" % (b"a" * 4000)] * 9, b"\r\n"], 431),
        # without an end, in pieces
        ([HOST, b"A: ", *[b"a" * 30_000] * 6], 431),
        ([HOST[:8], *[b"a" * 30_000] * 6], 414),
        ([POST, b"Transfer-Encoding: chunked\r\n\r\n1;", *[b"a" * 30_000] * 6], 431),
        (
            [POST, b"Transfer-Encoding: chunked\r\n\r\n0\r\nA: ", *[b"a" * 30_000] * 6],
            431,
        ),
    ],
)
def test_an_oversized_head_is_refused(server, parts, status):
    with server.connect() as wire:
        for part in parts:
            wire.send(part)

        assert wire.response()[0] == status


# Slow senders, and senders that disappear


@pytest.mark.parametrize(
    "parts",
    [
        b"POST /v1/track HT",
        POST + b"Content-Length: 9\r\n\r\n{",
        large(CHECKED_BODY + 1) + b"{",
        POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\n",
    ],
)
def test_a_request_that_does_not_arrive_in_time_is_cut_off(server, impatient, parts):
    answer = server.ask(parts)

    assert statuses(answer) == [408]
    assert b"INGEST-SLOW-001" in answer


def test_a_request_that_drips_is_cut_off(server, impatient):
    with server.connect() as wire:
        wire.send(HOST + b"A: ")
        until(lambda: wire.send(b"a") or has_answer(wire), within_s=5)

        assert wire.response()[0] == 408


def has_answer(wire):
    return bool(select.select([wire.socket], [], [], 0.05)[0])


def test_a_connection_without_requests_is_closed_silently(server, impatient):
    with server.connect() as wire:
        assert wire.read_all() == b""
    with server.connect() as wire:
        wire.send(ALIVE)
        wire.response()
        assert wire.read_all() == b""


# More connections than there is room for


def test_silent_connections_make_room_for_those_that_send(transactional_db, feed, key):
    with serving(max_connections=20) as server, ExitStack() as stack:
        silent = [stack.enter_context(server.connect()) for _ in range(40)]
        for number in range(10):
            with server.connect() as wire:
                wire.send(call(key, track(f"m{number}")))
                assert wire.response()[0] == 200
            assert len(server.server.connections) <= 20

        assert silent[0].read_all() == b""  # the longest idle was closed first


def test_slow_requests_make_room_for_others(transactional_db, feed, key):
    with serving(max_connections=20) as server, ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(server.connect()).send(POST + b"Content-Length: 9\r\n")
        with server.connect() as wire:
            wire.send(call(key))

            assert wire.response()[0] == 200


def test_a_connection_that_awaits_a_response_is_not_closed_for_others(
    server, feed, key, caplog
):
    server.server._max_connections = 3
    with ExitStack() as stack:
        wires = []
        with transaction.atomic():
            lock(feed)
            for number in range(5):
                wires.append(stack.enter_context(server.connect()))
                wires[-1].send(call(key, track(f"m{number}"), "Connection: close"))
                until(lambda: sum(kept(server)) == min(3, len(wires)))

        assert [wire.response()[0] for wire in wires] == [200] * 5
    told = [r for r in caplog.records if "connections_full" in r.getMessage()]
    assert len(told) == 1


def test_without_file_descriptors_it_logs_once_and_recovers(server, caplog):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with server.connect() as wire:
        wire.send(ALIVE)
        wire.response()
    until(lambda: not server.server.connections)
    used = max(int(file.name) for file in Path("/proc/self/fd").iterdir()) + 1
    waiting = [socket.socket() for _ in range(3)]
    used = max(used, *(s.fileno() for s in waiting)) + 1
    fillers = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (used, limits[1]))
        with suppress(OSError):
            while True:
                fillers.append(os.dup(0))
        before = time.process_time()
        for one in waiting:
            one.settimeout(20)
            one.connect(server.address)
        time.sleep(2.5)  # two pauses, to observe what it does meanwhile
        spent_s = time.process_time() - before
    finally:
        for filler in fillers:
            os.close(filler)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    wire = Wire(waiting[0])
    wire.send(ALIVE)

    assert wire.response()[0] == 200
    for one in waiting:
        one.close()
    told = [r for r in caplog.records if "not_accepted" in r.getMessage()]
    assert len(told) == 1
    assert spent_s < 1.5


def test_the_limit_on_connections_follows_the_limit_on_open_files():
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    hard = limits[1] if limits[1] != resource.RLIM_INFINITY else 1_000_000
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (600, limits[1]))
        raised = connection_limit(700)
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        most = connection_limit(10**9) if limits[1] != resource.RLIM_INFINITY else None
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    assert (raised, soft) == (700, 700 + OTHER_FILES)
    assert most in (None, hard - OTHER_FILES)


def test_bodies_above_the_memory_limit_are_deferred_before_they_are_read(
    server, feed, monkeypatch
):
    monkeypatch.setattr(body_budget, "MAX_BODY_BYTES", 2_500_000)
    _, token = factories.token(feed.stream)
    with ExitStack() as stack:
        wires = [stack.enter_context(server.connect()) for _ in range(3)]
        for number, wire in enumerate(wires):
            wire.send(large(1_000_000, token, "Expect: 100-continue"))
            status, headers, body = wire.response()
            assert status == (100 if number < 2 else 503)
        assert (headers["retry-after"], json.loads(body)["code"]) == (
            "1",
            "INGEST-BUSY-002",
        )
    until(lambda: server.server.body_budget.total == 0)

    body = json.dumps({"batch": [track("m1", workspace="w")]}).encode()
    with server.connect() as wire:
        wire.send(large(1_000_000, token) + body + b" " * (1_000_000 - len(body)))
        assert wire.response()[0] == 200
    assert server.server.body_budget.total == 0


def test_a_body_in_chunks_counts_as_it_is_read(server, feed, monkeypatch):
    monkeypatch.setattr(body_budget, "MAX_BODY_BYTES", 200_000)
    _, token = factories.token(feed.stream)
    chunked = post(
        "/v1/batch",
        f"Authorization: {bearer(token)['Authorization']}",
        "Transfer-Encoding: chunked",
    )

    answer = server.ask(chunked, *[b"10000\r\n" + b" " * 0x10000 + b"\r\n"] * 4)

    assert statuses(answer) == [503]
    assert server.server.body_budget.total == 0


def test_large_bodies_of_strangers_leave_room_for_known_senders(
    server, feed, key, monkeypatch
):
    monkeypatch.setattr(body_budget, "MAX_BODY_BYTES", 1_000_000)
    named = f"Authorization: {basic(key)['Authorization']}"
    with ExitStack() as stack:
        found = []
        for lines in [(), (), (named,)]:
            wire = stack.enter_context(server.connect())
            wire.send(large(400_000, None, "Expect: 100-continue", *lines))
            found.append(wire.response()[0])

    assert found == [100, 503, 100]


def lock(feed):
    """Let no one else write, on either database, until the transaction ends."""
    Feed.objects.select_for_update().get(pk=feed.pk)


def test_a_request_that_waited_long_enough_is_asked_to_retry_later(
    server, impatient, feed, key
):
    with transaction.atomic():
        lock(feed)
        for number in range(2):
            with server.connect() as wire:
                wire.send(call(key, track(f"m{number}")))
                status, headers, body = wire.response()

            assert (status, json.loads(body)["code"]) == (503, "INGEST-DOWN-001")
            assert headers["retry-after"] == "5"

    server.close()
    assert "m1" not in message_ids(feed)  # its turn had not come


if connection.vendor == "postgresql":  # SQLite has no lock that makes a lookup wait

    def test_a_request_whose_key_was_looked_up_too_late_is_not_stored(
        server, impatient, feed, key
    ):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("LOCK TABLE streams_feed IN ACCESS EXCLUSIVE MODE")
            with server.connect() as wire:
                wire.send(call(key, track("m1")))
                assert wire.response()[0] == 503

        server.close()  # after all that it works on
        assert message_ids(feed) == []


def test_a_complete_request_is_stored_even_if_its_sender_disconnected(
    server, feed, key
):
    with transaction.atomic():
        lock(feed)
        with server.connect() as wire:
            wire.send(call(key, track("m1")))
            until(lambda: any(kept(server)))
            reset = struct.pack("ii", 1, 0)
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        until(lambda: not server.server.connections)

    until(lambda: message_ids(feed) == ["m1"])


def test_a_client_that_closes_early_costs_no_other_its_response(server, feed, key):
    stopped, gate = Gate(), Gate()

    def stop_the_loop():
        stopped.set()
        gate.wait()

    with ExitStack() as stack:
        wires = [stack.enter_context(server.connect()) for _ in range(9)]
        with transaction.atomic():
            lock(feed)  # until then, all of them collect
            for number, wire in enumerate(wires):
                wire.send(call(key, track(f"m{number}"), "Connection: close"))
            until(lambda: sum(kept(server)) == 9)
            server.loop.call_soon_threadsafe(stop_the_loop)
            stopped.wait()
            for wire in wires[::2]:
                wire.socket.close()  # which the server has yet to notice
        until(lambda: len(message_ids(feed)) == 9)
        gate.set()

        assert [wire.response()[0] for wire in wires[1::2]] == [200] * 4


def test_clients_that_close_within_milliseconds_cost_no_other_its_response(
    server, feed, key
):
    def send(number):
        message_id = track(f"m{number}")
        with server.connect() as wire:
            wire.send(call(key, message_id, "Connection: close"))
            if number % 2:
                return wire.response()[0]
            time.sleep(number % 26 / 2_000)  # 0 to 12 ms: when it closes is the test
            return None

    with ThreadPoolExecutor(16) as senders:
        answered = list(senders.map(send, range(400)))

    assert answered[1::2] == [200] * 200
    assert len(message_ids(feed)) == 400


if connection.vendor == "postgresql":  # SQLite has one lock for everything

    def test_a_lock_on_the_leases_delays_no_response(server, feed, key):
        with transaction.atomic(), connection.cursor() as cursor:
            table = Lease._meta.db_table
            cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            with server.connect() as wire:
                for number in range(3):
                    wire.send(call(key, track(f"m{number}")))
                    assert wire.response()[0] == 200


def test_a_client_that_does_not_read_its_responses_is_cut_off(server, impatient):
    sent = 0
    with server.connect() as wire:
        wire.socket.settimeout(2)
        try:
            while sent < 50_000_000:
                sent += wire.socket.send(ALIVE * 1000)
        except OSError:
            until(lambda: not server.server.connections)

    assert sent < 50_000_000


def test_at_the_end_requests_get_their_response_and_other_connections_close(
    server, feed, key
):
    with server.connect() as idle, server.connect() as waiting:
        with transaction.atomic():
            lock(feed)
            waiting.send(call(key))
            until(lambda: any(kept(server)))
            server.begin_to_end()
            until(lambda: server.server.ends)

        status, headers, _ = waiting.response()
        assert idle.read_all() == b""

    assert (status, headers["connection"]) == (200, "close")


def test_a_key_seen_for_the_first_time_can_come_from_many_senders_at_once(
    server, feed, key
):
    with ExitStack() as stack:
        wires = [stack.enter_context(server.connect()) for _ in range(20)]
        for number, wire in enumerate(wires):
            wire.send(call(key, track(f"m{number}")))

        assert [wire.response()[0] for wire in wires] == [200] * 20
    assert len(message_ids(feed)) == 20


# Hostile bytes

SHAPES = [
    ALIVE,
    POST + b"Content-Length: 2\r\n\r\n{}",
    POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    POST + b"Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\n{}",
    POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
    b"OPTIONS /v1/t HTTP/1.0\r\n\r\n",
]
PIECES = st.sampled_from(
    [b"\r\n", b"\n", b"\0", b":", b" ", b"\xff", b"chunked", b"0\r\n\r\n", b"99999999"]
)


@st.composite
def hostile(draw):
    """Generate requests with bytes inserted, deleted and cut, split as by TCP."""
    data = bytearray(b"".join(draw(st.lists(st.sampled_from(SHAPES), max_size=4))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 6))] = draw(PIECES | st.binary(max_size=6))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=3)))
    starts = [0, *cuts]
    return [bytes(data[a:b]) for a, b in zip(starts, [*cuts, len(data)], strict=True)]


@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(parts=hostile() | st.lists(st.binary(max_size=200), max_size=4))
@example(parts=[SHAPES[3][:-3] * 50])
def test_hostile_bytes_harm_no_one_else(server, parts):
    with server.connect() as wire:
        try:
            for part in parts:
                wire.send(part)
            wire.socket.shutdown(socket.SHUT_WR)
            said = wire.read_all()
        except (ConnectionResetError, BrokenPipeError):
            said = b""

    assert set(statuses(said)) <= {
        100,
        200,
        204,
        400,
        401,
        404,
        405,
        413,
        414,
        417,
        431,
    }
    assert statuses(server.ask(ALIVE.replace(b"x", b"x\r\nConnection: close"))) == [200]


def test_a_probe_with_any_host_learns_whether_events_are_accepted(server, settings):
    verdict.forget()
    for least, status in [(0, 200), (2**60, 503)]:
        settings.MIN_FREE_DISK_BYTES = least
        verdict.forget()
        with server.connect() as wire:
            wire.send(b"GET /readyz HTTP/1.1\r\nHost: 10.0.0.7\r\n\r\n")
            found, _, body = wire.response()

        assert (found, json.loads(body)) == (status, {"ready": status == 200})
    verdict.forget()
