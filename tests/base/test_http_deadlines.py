"""A request ends at its deadline, in whichever phase the server drips."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import contextmanager

import pytest
import requests

from streams.base.http_deadlines import Deadline, DeadlineSession
from streams.connections.write_keys import WriteKey
from streams.delivery.segment.client import SegmentClient

TOTAL_S = 0.5
# Each server drips for 30 s: whatever ends earlier was ended by the deadline.
PAUSE_S, PAUSES = 0.1, 300
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\nX-Long: " + b"x" * 300


def drip(text):
    """Return a server that writes the text byte by byte."""

    def serve(connection, stopped):
        for byte in text:
            connection.sendall(bytes([byte]))
            if stopped.wait(PAUSE_S):
                return

    return serve


def body_drip(connection, stopped):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n")
    drip(b"x" * 300)(connection, stopped)


def slow_reader(connection, stopped):
    for _ in range(PAUSES):
        connection.recv(1_024)
        if stopped.wait(PAUSE_S):
            return


@contextmanager
def serving(serve):
    """Yield the port of a server that handles its one connection this way."""
    stopped = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)

    def run():
        try:
            connection, _ = listener.accept()
            with connection:
                serve(connection, stopped)
        except OSError:  # the client has left
            pass

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopped.set()
        thread.join()
        listener.close()


PHASES = {
    "TLS": ("https", drip(b"\x16\x03\x03\x01\x00" + b"\x02\x00\x00\xfc" + bytes(250))),
    "sending": ("http", slow_reader),
    "head": ("http", drip(HEAD)),
    "body": ("http", body_drip),
}


@pytest.mark.parametrize("phase", PHASES)
def test_a_dripping_server_does_not_extend_the_total_time(phase):
    scheme, serve = PHASES[phase]
    content = os.urandom(30_000_000 if phase == "sending" else 10)

    with serving(serve) as port, DeadlineSession() as session:
        started = time.monotonic()
        with pytest.raises(requests.RequestException):
            session.post(f"{scheme}://127.0.0.1:{port}/", content, timeout=TOTAL_S)

        assert time.monotonic() - started < PAUSE_S * PAUSES / 3


def test_neither_does_a_host_that_accepts_no_connection():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(full.getsockname())

        url = f"http://127.0.0.1:{full.getsockname()[1]}/"
        with DeadlineSession() as session, pytest.raises(requests.ConnectTimeout):
            session.get(url, timeout=TOTAL_S)

        for client in waiting:
            client.close()


def test_each_request_of_a_session_has_the_whole_time(segment):
    with DeadlineSession() as session:
        statuses = []
        for _ in range(3):
            segment.answers = [{"delay_s": 0.6}]
            answer = session.post(f"{segment.url}/v1/track", b"{}", timeout=1)
            statuses.append(answer.status_code)

    assert statuses == [400, 400, 400]
    assert Deadline(60).remaining_s() > 1


@pytest.mark.parametrize("phase", ["sending", "head", "body"])
def test_delivery_to_segment_has_a_deadline_too(phase):
    client = SegmentClient(timeout_s=TOTAL_S)
    content = os.urandom(30_000_000 if phase == "sending" else 10)

    with serving(PHASES[phase][1]) as port:
        url = f"http://127.0.0.1:{port}/v1"
        answer = client.post_batch(url, write_key=WriteKey("k" * 32), body=content)
    client.close()

    assert (answer.status, answer.error) == (None, "Segment did not respond in time.")
    assert answer.duration_ms < 10_000
