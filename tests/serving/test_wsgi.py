"""Pages on our own HTTP server: slow and silent clients delay no one else."""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from select import select

import pytest

from streams.observability.logging_setup import mask
from streams.serving import timeouts, wsgi
from streams.serving.server import Server
from streams.serving.wsgi import MAX_BODY_BYTES, WsgiApplication
from streams.web.early_error_pages import server_pages
from tests.ingest.local_server import Serving
from tests.portal.access_table import HEADERS
from tests.portal_processes import until


def echo(environ, start_response):
    """Return the request as JSON; by path: a large response, a late one, a failure."""
    path = environ["PATH_INFO"]
    if path == "/fails":
        raise ValueError(path)
    if path == "/late":
        time.sleep(float(environ["QUERY_STRING"]))
    body = b"x" * 5_000_000 if path == "/large" else said(environ)
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response("200 OK", [*headers, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def said(environ):
    body = environ["wsgi.input"].read()
    texts = {name: value for name, value in environ.items() if isinstance(value, str)}
    return json.dumps({**texts, "body": len(body)}).encode()


class WebServing(Serving):
    def make_server(self):
        return Server(
            WsgiApplication(echo, threads=2, pages=server_pages()),
            max_connections=self._max_connections,
        )


@contextmanager
def web(*, max_connections=200):
    running = WebServing(None, max_connections)
    try:
        yield running
    finally:
        running.close()


@pytest.fixture
def server():
    with web() as running:
        yield running


def get(path, *lines, method="GET"):
    return "\r\n".join(
        [f"{method} {path} HTTP/1.1", "Host: x", *lines, "", ""]
    ).encode()


def environ_of(server, request):
    with server.connect() as wire:
        wire.send(request)
        return json.loads(wire.response()[2])


def test_no_test_module_loads_the_web_process():
    """It starts threads that use the database, and would go on between the tests."""
    assert "partner_portal.wsgi" not in sys.modules


def test_the_application_gets_a_wsgi_environ(server):
    request = get("/a%C3%A9/b?q=%20&r", "Cookie: a=1", "Cookie: b=2", "X-Y: z")

    found = environ_of(server, request)

    assert found["PATH_INFO"].encode("latin-1").decode() == "/aé/b"
    assert found["QUERY_STRING"] == "q=%20&r"
    assert found["HTTP_COOKIE"] == "a=1; b=2"
    assert (found["HTTP_X_Y"], found["REMOTE_ADDR"]) == ("z", "127.0.0.1")
    assert found["wsgi.url_scheme"] == "http"


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("http://x/a?b=c", "/a", "b=c"),
        ("http://x", "/", ""),
        ("HTTPS://x:1?b", "/", "b"),
        ("http://[/a", "/a", ""),
        ("http://[x]/a", "/a", ""),
    ],
)
def test_a_complete_url_is_read_whatever_its_host(server, target, path, query):
    found = environ_of(server, get(target))

    assert (found["PATH_INFO"], found["QUERY_STRING"]) == (path, query)


def test_a_header_that_imitates_a_proxys_is_removed(server):
    found = environ_of(server, get("/", "X_Forwarded_Proto: https"))

    assert "HTTP_X_FORWARDED_PROTO" not in found


def test_repeated_headers_are_both_sent(server):
    raw = server.ask(get("/", "Connection: close"))

    assert raw.count(b"Set-Cookie: ") == 2
    assert raw.lower().count(b"content-length: ") == 1


def test_a_response_to_head_has_the_length_only(server):
    with server.connect() as wire:
        wire.send(get("/large", method="HEAD"))
        status, headers, _ = wire.response(to_head=True)
        wire.send(get("/"))

        assert (status, headers["content-length"]) == (200, "5000000")
        assert wire.response()[0] == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_arrives_in_full(server, chunked):
    body = b"x" * 5_000_000
    framing = (
        "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    )
    sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body

    found = environ_of(server, get("/", framing, method="POST") + sent)

    assert (found["body"], found["CONTENT_LENGTH"]) == (5_000_000, "5000000")


def test_a_body_over_the_limit_is_refused(server):
    too_much = f"Content-Length: {MAX_BODY_BYTES + 1}"

    raw = server.ask(get("/", too_much, method="POST"))

    assert raw.startswith(b"HTTP/1.1 413 ")
    assert b"Go back and choose a smaller file." in raw
    assert b"\r\nContent-Type: text/plain" in raw


def test_a_browser_gets_pages_of_the_portal_for_what_the_server_refuses(
    server, monkeypatch
):
    monkeypatch.setattr(wsgi, "MAX_WAITING", 0)
    browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8"
    too_much = f"Content-Length: {MAX_BODY_BYTES + 1}"
    asked = [get("/", browser), get("/", browser, too_much, method="POST")]

    for request, status, sentence in zip(
        asked,
        [503, 413],
        [b"Wait a few seconds", b"choose a smaller file."],
        strict=True,
    ):
        with server.connect() as wire:
            wire.send(request)
            found, headers, body = wire.response()
        assert (found, headers["Content-Type"]) == (status, "text/html; charset=utf-8")
        assert "style-src 'self'" in headers["Content-Security-Policy"]
        assert b'href="/static/portal/css/base.css"' in body
        assert sentence in body


def test_a_sender_that_expects_100_continue_gets_it(server):
    with server.connect() as wire:
        wire.send(get("/", "Content-Length: 3", "Expect: 100-continue", method="POST"))
        assert wire.response()[0] == 100
        wire.send(b"abc")

        assert json.loads(wire.response()[2])["body"] == 3


def test_consecutive_requests_get_responses_in_their_order(server):
    with server.connect() as wire:
        wire.send(get("/late?0.1") + get("/1") + get("/2"))

        paths = [json.loads(wire.response()[2])["PATH_INFO"] for _ in range(3)]

    assert paths == ["/late", "/1", "/2"]


def test_requests_within_the_limit_get_responses_after_a_burst(server, monkeypatch):
    monkeypatch.setattr(timeouts, "HEAD_TIMEOUT_S", 0.1)
    burst = get("/late?0.5") + get("/") * timeouts.MAX_PIPELINED

    raw = server.ask(burst + b"GET /incomplete")

    assert raw.count(b"HTTP/1.1 200 ") == timeouts.MAX_PIPELINED


def test_an_application_error_affects_its_request_only(server):
    with server.connect() as wire:
        wire.send(get("/fails") + get("/"))

        assert [wire.response()[0] for _ in range(2)] == [500, 200]


def test_a_proxys_request_id_is_passed_on_and_returned(server):
    sent = "01234567-89ab-cdef-0123-456789abcdef"
    with server.connect() as wire:
        wire.send(get("/", f"X-Request-Id: {sent}"))
        _, headers, body = wire.response()

    assert headers["x-request-id"] == sent
    assert json.loads(body)["HTTP_X_REQUEST_ID"] == sent


@pytest.mark.parametrize("sent", ["", "x", "a" * 65, "AbCdEfGhAbCdEfGhAbCdEfGhAbCdEfGh", "a\tb"])  # fmt: skip
def test_another_request_id_is_replaced(server, sent):
    with server.connect() as wire:
        wire.send(get("/", f"X-Request-Id: {sent}") + get("/"))
        first, second = (wire.response()[1]["x-request-id"] for _ in range(2))

    assert sent != first != second
    assert mask(first) == first  # it does not look like a write key


def test_a_request_id_of_32_digits_is_formatted_so_that_logs_show_it(server):
    with server.connect() as wire:
        wire.send(get("/", "X-Request-Id: 0123456789abcdef0123456789abcdef"))
        _, headers, _ = wire.response()

    assert headers["x-request-id"] == "01234567-89ab-cdef-0123-456789abcdef"


def readable(wires):
    """Return those that have a response to read, or have been closed."""
    return select([wire.socket for wire in wires], [], [], 0)[0]


def test_silent_and_slow_clients_delay_no_one(server):
    heads = [b"", b"GET / HTT", get("/", "Content-Length: 9", method="POST") + b"x"]
    wires = [server.connect() for _ in range(50) for _ in heads]
    for number, wire in enumerate(wires):
        wire.send(heads[number % 3])

    found = environ_of(server, get("/"))

    assert found["PATH_INFO"] == "/"
    assert not readable(wires)  # none was closed for it
    for wire in wires:
        wire.socket.close()


def test_healthz_responds_even_if_every_thread_is_busy(server):
    with ExitStack() as stack:
        busy = [stack.enter_context(server.connect()) for _ in range(4)]
        for slow in busy:
            slow.send(get("/late?2"))
        wire = stack.enter_context(server.connect())
        wire.send(get("/healthz"))

        assert wire.response()[0] == 200
        assert not readable(busy)
        assert [slow.response()[0] for slow in busy] == [200] * 4


def test_too_many_simultaneous_requests_are_asked_to_retry_later(server, monkeypatch):
    monkeypatch.setattr(wsgi, "MAX_WAITING", 2)
    with ExitStack() as stack:
        wires = [stack.enter_context(server.connect()) for _ in range(5)]
        for wire in wires:
            wire.send(get("/late?0.3"))

        answers = [wire.response() for wire in wires]

    assert all(h.keys() >= HEADERS for s, h, _ in answers if s == 503)
    assert sorted(status for status, _, _ in answers) == [200, 200, 503, 503, 503]
    assert {h.get("Retry-After") for s, h, _ in answers if s == 503} == {"5"}


def test_a_response_that_takes_too_long_is_given_up(server, monkeypatch):
    monkeypatch.setattr(WsgiApplication, "response_timeout_s", 0.2)

    with server.connect() as wire:
        wire.send(get("/late?1"))

        assert wire.response()[0] == 503


def test_a_large_response_reaches_a_slow_reader(server, monkeypatch):
    monkeypatch.setattr("streams.serving.timeouts.TAKE_TIMEOUT_S", 1)
    with server.connect() as wire:
        wire.send(get("/large") * 3 + get("/large", "Connection: close"))
        read = 0
        while part := wire.socket.recv(100_000):
            read += len(part)
            time.sleep(0.005)

    assert read > 20_000_000


def test_a_client_that_reads_nothing_is_cut_off(server, monkeypatch):
    monkeypatch.setattr("streams.serving.timeouts.TAKE_TIMEOUT_S", 0.3)
    with server.connect() as wire:
        wire.send(get("/large") * 8)  # more than the system's own buffer
        until(lambda: not server.server.connections)


def test_a_request_in_progress_at_the_end_gets_its_response(server):
    with server.connect() as wire, server.connect() as fresh:
        wire.send(get("/late?0.3"))
        time.sleep(0.1)
        server.begin_to_end()
        time.sleep(0.1)
        fresh.send(get("/"))  # connected before the end, and sends after it

        assert wire.response()[0] == 200
        status, headers, _ = fresh.response()
    assert (status, headers["connection"]) == (200, "close")


def test_a_proxy_that_connected_before_the_end_may_send_late(server, monkeypatch):
    monkeypatch.setattr("streams.serving.timeouts.LAST_CALL_S", 0.2)
    with server.connect() as fresh, server.connect() as idle:
        idle.send(get("/"))
        idle.response()
        server.begin_to_end()
        assert idle.read_all() == b""  # it was served, and nothing is in progress
        fresh.send(get("/"))

        status, headers, _ = fresh.response()
    assert (status, headers["connection"]) == (200, "close")


def test_a_timely_request_gets_its_response_from_a_process_that_was_late(
    server, monkeypatch
):
    monkeypatch.setattr("streams.serving.timeouts.IDLE_TIMEOUT_S", 0.5)
    with server.connect() as wire:
        wire.send(get("/"))
        wire.response()
        connection = next(iter(server.server.connections))
        asked = threading.Event()

        def late():  # as if the process had been frozen, and the tick came first
            asked.wait(10)
            time.sleep(0.1)  # for the bytes to arrive
            connection.tick(time.monotonic() + 60)

        server.loop.call_soon_threadsafe(late)
        wire.send(get("/"))
        asked.set()

        assert wire.response()[0] == 200
