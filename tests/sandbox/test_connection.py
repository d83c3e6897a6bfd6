"""HTTP/1.1 as clients use it."""

from __future__ import annotations

import http.client
import json
import re
import socket
from contextlib import closing
from urllib.parse import urlsplit

from tests.sandbox.calls import KEY, basic, ids, send_one, track

BODY = json.dumps(track(writeKey=KEY)).encode()
POST = b"POST /v1/track HTTP/1.1\r\nHost: sandbox\r\nContent-Length: %d\r\n%b\r\n%b"


def connect(segment):
    address = urlsplit(segment.url)
    return closing(
        socket.create_connection((address.hostname, address.port), timeout=5)
    )


def read_until(connection, end):
    """Return all data until it ends this way, or the connection does."""
    text = b""
    while not text.endswith(end):
        part = connection.recv(4096)
        if not part:
            break
        text += part
    return text


def test_a_connection_serves_many_calls(segment):
    with closing(
        http.client.HTTPConnection(urlsplit(segment.url).netloc)
    ) as connection:
        connection.connect()
        own_port = connection.sock.getsockname()
        for n in range(3):
            body = json.dumps({"batch": [track(f"m-{n}")]})
            connection.request("POST", "/v1/batch", body, basic(KEY))
            connection.getresponse().read()

        assert connection.sock.getsockname() == own_port
    assert ids(segment) == ["m-0", "m-1", "m-2"]


def test_pipelined_calls_get_responses_in_their_order(segment):
    segment.answers = [{"status": 501, "delay_s": 0.05}, 502, 503]
    calls = b"".join([POST % (len(BODY), b"", BODY)] * 3)

    with connect(segment) as connection:
        connection.sendall(calls + b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        answers = read_until(connection, b"</html>\n")

    statuses = re.findall(rb"HTTP/1.1 (\d+)", answers)
    assert statuses == [b"501", b"502", b"503", b"200"]


def test_a_body_can_come_in_chunks(segment):
    chunks = b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (
        9,
        BODY[:9],
        len(BODY) - 9,
        BODY[9:],
    )

    with connect(segment) as connection:
        connection.sendall(
            b"POST /v1/track HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
        )
        answer = read_until(connection, b"}")

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert ids(segment) == ["m-1"]


def test_a_client_that_expects_100_continue_gets_it(segment):
    head = POST % (len(BODY), b"Expect: 100-continue\r\n", b"")

    with connect(segment) as connection:
        connection.sendall(head)
        told = read_until(connection, b"\r\n\r\n")
        connection.sendall(BODY)
        answer = read_until(connection, b"}")

    assert told == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_client_that_sends_connection_close_is_closed(segment):
    with connect(segment) as connection:
        connection.sendall(POST % (len(BODY), b"Connection: close\r\n", BODY))
        answer = read_until(connection, b"never")

    assert b"Connection: close\r\n" in answer


def test_anything_but_http_is_refused_and_closed(segment):
    with connect(segment) as connection:
        connection.sendall(b"this is not HTTP\r\n\r\n")
        answer = read_until(connection, b"never")

    assert answer.startswith(b"HTTP/1.1 400 ")


def test_a_client_that_disconnects_within_a_body_leaves_nothing(segment):
    with connect(segment) as connection:
        connection.sendall(POST % (len(BODY), b"", BODY[:10]))

    send_one(segment, "m-2")
    assert (ids(segment), segment.stats()["requests"]) == (["m-2"], 1)


def test_a_client_that_disconnects_during_a_delay_does_no_harm(segment):
    segment.answers = [{"delay_s": 0.1}]
    with connect(segment) as connection:
        connection.sendall(POST % (len(BODY), b"", BODY))

    assert send_one(segment, "m-2") == 200
