"""Requests reach only the server that was checked, however hostile its owner is."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager

import pytest

from streams.base.customer_urls.client import (
    CustomerUrlClient,
    Failure,
    Unreached,
    resolve,
)
from streams.base.customer_urls.urls import CustomerUrl
from tests.base.customer_urls.test_addresses import NOT_PUBLIC
from tests.servers.certificates import self_signed
from tests.servers.https_receiver import receiver

NAME = "hooks.example.com"
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def server(tmp_path):
    with receiver(tmp_path, NAME) as server:
        yield server


@pytest.fixture
def trap():
    """A server on loopback that notes whether anything connects."""
    with trap_at("127.0.0.1") as trap:
        yield trap


class Trap:
    def __init__(self, host, port):
        self.listener = socket.create_server((host, port))
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]

    @property
    def was_reached(self):
        try:
            self.listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True


@contextmanager
def trap_at(host, port=0):
    trap = Trap(host, port)
    with trap.listener:
        yield trap


def client_of(server, **options):
    """Return a client for which the server is the only one on the internet."""
    options = {"resolve": lambda _: ["127.0.0.1"]} | options
    return CustomerUrlClient(
        is_allowed=lambda address: address == "127.0.0.1",
        ca_file=str(server.authority),
        **options,
    )


def url_of(server, target="/hook"):
    return CustomerUrl(NAME, server.port, target)


def failure(client, url):
    with pytest.raises(Unreached) as unreached:
        client.post(url, b"{}", {})
    return unreached.value.failure


def test_a_request_has_the_given_headers_and_no_others(server):
    headers = {"Content-Type": "application/json", "Webhook-Id": "msg_1"}
    status = client_of(server).post(url_of(server, "/a?b=c"), b'{"a": 1}', headers)

    assert status == 200
    [request] = server.received
    assert (request.path, request.body) == ("/a?b=c", b'{"a": 1}')
    assert request.headers == {
        "host": f"{NAME}:{server.port}",
        "content-type": "application/json",
        "webhook-id": "msg_1",
        "content-length": "8",
        "connection": "close",
    }


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_name_with_such_an_address_is_not_connected_to(trap, address):
    client = CustomerUrlClient(resolve=lambda _: [address])

    assert failure(client, CustomerUrl(NAME, trap.port, "/")) == Failure.NOT_PUBLIC
    assert not trap.was_reached


@pytest.mark.parametrize(
    "addresses", [["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"]]
)
def test_one_such_address_among_public_ones_is_enough(trap, addresses):
    client = CustomerUrlClient(resolve=lambda _: addresses)

    assert failure(client, CustomerUrl(NAME, trap.port, "/")) == Failure.NOT_PUBLIC
    assert not trap.was_reached


def test_localhost_of_the_system_is_not_connected_to(trap):
    assert failure(
        CustomerUrlClient(resolve=lambda _: resolve("localhost")),
        CustomerUrl("localhost", trap.port, "/"),
    ) in (Failure.NOT_PUBLIC, Failure.UNKNOWN_NAME)
    assert not trap.was_reached


def test_a_name_that_changes_its_address_is_resolved_once(server):
    addresses = iter([["127.0.0.1"], ["127.0.0.2"], ["127.0.0.2"]])

    with trap_at("127.0.0.2", server.port) as trap:
        client = client_of(server, resolve=lambda _: next(addresses))
        assert client.post(url_of(server), b"{}", {}) == 200
        assert next(addresses) == ["127.0.0.2"]  # the second result is still there
        assert not trap.was_reached


def test_a_name_without_an_address_is_unknown(server):
    def unknown(_):
        raise socket.gaierror

    for lookup in (unknown, lambda _: []):
        client = client_of(server, resolve=lookup)
        assert failure(client, url_of(server)) == Failure.UNKNOWN_NAME


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server, trap, status):
    server.status = status
    server.response_headers = {"Location": f"http://127.0.0.1:{trap.port}/"}

    assert client_of(server).post(url_of(server), b"{}", {}) == status
    assert not trap.was_reached


def test_a_proxy_of_the_environment_is_not_used(server, trap, monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{trap.port}")

    assert client_of(server).post(url_of(server), b"{}", {}) == 200
    assert not trap.was_reached


def test_a_certificate_of_another_name_or_another_authority_gets_no_request(
    server, tmp_path
):
    other_name = CustomerUrl("other.example.com", server.port, "/")
    assert failure(client_of(server), other_name) == Failure.TLS

    (tmp_path / "other").mkdir()
    authority, _ = self_signed(tmp_path / "other" / "a.pem", NAME)
    server.authority = authority
    assert failure(client_of(server), url_of(server)) == Failure.TLS
    assert server.received == []


def test_a_closed_port_is_unreachable_and_the_next_address_is_tried(server):
    def is_allowed(address):
        return address.startswith("127.0.0.")

    options = {"is_allowed": is_allowed, "ca_file": str(server.authority)}
    first = CustomerUrlClient(resolve=lambda _: ["127.0.0.2"], **options)
    both = CustomerUrlClient(resolve=lambda _: ["127.0.0.2", "127.0.0.1"], **options)

    assert failure(first, url_of(server)) == Failure.UNREACHABLE
    assert both.post(url_of(server), b"{}", {}) == 200


class Hostile:
    """A TLS server that handles its one connection in a hostile way."""

    def __init__(self, tmp_path, serve, *, tls=True):
        self.authority, self._context = self_signed(tmp_path / "hostile.pem", NAME)
        self.stopped = threading.Event()
        self._serve, self._tls = serve, tls
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        try:
            connection, _ = self.listener.accept()
            if self._tls:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                self._serve(connection, self.stopped)
        except OSError:  # the client has left
            pass


@contextmanager
def hostile(tmp_path, serve, **options):
    server = Hostile(tmp_path, serve, **options)
    server.thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        server.thread.join()
        server.listener.close()


def forever(text, *, first=b"", pause_s=0.0):
    """Return a server that sends `first`, and then `text` again and again."""

    def serve(connection, stopped):
        connection.recv(8_192)
        connection.sendall(first)
        while not stopped.wait(pause_s):
            connection.sendall(text)

    return serve


def silent(connection, stopped):
    stopped.wait(60)


SLOW = {
    "TLS": (silent, False),
    "no response": (silent, True),
    "status": (forever(b"H", pause_s=0.05), True),
    "headers": (forever(b"X: y\r\n", first=OK, pause_s=0.05), True),
    "continue": (forever(b"HTTP/1.1 100 Continue\r\n\r\n", pause_s=0.05), True),
}


@pytest.mark.parametrize("phase", SLOW)
def test_a_slow_server_ends_at_the_deadline_in_each_phase(tmp_path, phase):
    serve, tls = SLOW[phase]
    with hostile(tmp_path, serve, tls=tls) as server:
        client = client_of(server, total_s=0.5)
        assert failure(client, url_of(server)) == Failure.TIMEOUT


def test_so_does_a_slow_name(server):
    done = threading.Event()

    def lookup(_):
        done.wait(60)
        return ["127.0.0.1"]

    client = client_of(server, resolve=lookup, total_s=0.2)
    assert failure(client, url_of(server)) == Failure.TIMEOUT
    done.set()


def test_a_status_counts_although_the_body_never_ends(tmp_path):
    head = OK + b"Content-Length: 100000\r\n\r\n"
    with hostile(tmp_path, forever(b"x", first=head, pause_s=0.05)) as server:
        assert client_of(server, total_s=0.5).post(url_of(server), b"{}", {}) == 200


@pytest.mark.parametrize(
    "head", [b"\r\n", b"Content-Length: 99999999999\r\n\r\n"], ids=["open", "announced"]
)
def test_a_body_without_end_is_not_read_to_the_deadline(tmp_path, head):
    with hostile(tmp_path, forever(b"x" * 4_096, first=OK + head)) as server:
        assert client_of(server, total_s=60).post(url_of(server), b"{}", {}) == 200


@pytest.mark.parametrize(
    ("first", "text"),
    [
        (OK, b"X: y\r\n"),
        (OK, b"x" * 1_000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n" + b"X: y\r\n" * 50 + b"\r\n"),
    ],
    ids=["headers", "one line", "continue", "continue with headers"],
)
def test_headers_without_end_are_no_response(tmp_path, first, text):
    with hostile(tmp_path, forever(text, first=first)) as server:
        client = client_of(server, total_s=60)
        assert failure(client, url_of(server)) == Failure.NOT_HTTP


@pytest.mark.parametrize("text", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_something_other_than_http_is_no_response(tmp_path, text):
    def serve(connection, _):
        connection.recv(8_192)
        connection.sendall(text)

    with hostile(tmp_path, serve) as server:
        assert failure(client_of(server), url_of(server)) == Failure.NOT_HTTP


def test_a_server_without_tls_gets_no_request(tmp_path):
    def serve(connection, _):
        connection.sendall(OK)

    with hostile(tmp_path, serve, tls=False) as server:
        assert failure(client_of(server), url_of(server)) == Failure.TLS
