from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from streams.devtools.demo.sender import EventsRefused, PartnerServer

EVENTS = [{"messageId": str(number)} for number in range(450)]


class Ingest(ThreadingHTTPServer):
    """Gives each of `answers` (status and Retry-After), then accepts everything."""

    def __init__(self, *answers):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = list(answers)
        self.requests = []  # token and number of events of each request

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        batch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))[
            "batch"
        ]
        self.server.requests.append((self.headers["Authorization"], len(batch)))
        status, retry_after = 200, None
        if self.server.answers:
            status, retry_after = self.server.answers.pop(0)
        body = json.dumps(
            {"results": [{"outcome": "accepted"} for _ in batch]}
        ).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def serve():
    servers = []

    def serve(*answers):
        server = Ingest(*answers)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return server

    yield serve
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def send(ingest, events):
    with PartnerServer(ingest.url, "pt_secret") as server:
        return [dict(counts) for counts in server.send(events)]


def test_events_are_sent_in_requests_of_200_with_the_token(serve):
    ingest = serve()

    outcomes = send(ingest, EVENTS)

    assert outcomes == [{"accepted": 200}, {"accepted": 200}, {"accepted": 50}]
    bearer = "Bearer pt_secret"
    assert ingest.requests == [(bearer, 200), (bearer, 200), (bearer, 50)]


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_portal_gets_a_retry_after_the_time_it_names(serve, status):
    ingest = serve((status, "1"))
    began = time.monotonic()

    outcomes = send(ingest, EVENTS[:1])

    assert outcomes == [{"accepted": 1}]
    assert time.monotonic() - began >= 1


def test_a_refusal_is_reported_without_the_token(serve):
    with pytest.raises(EventsRefused, match="The ingest responded with 401") as refused:
        send(serve((401, None)), EVENTS[:1])

    assert "pt_secret" not in str(refused.value)


def test_a_portal_that_is_gone_is_reported(serve):
    ingest = serve()
    ingest.shutdown()
    ingest.server_close()

    with pytest.raises(EventsRefused, match="is unavailable"):
        send(ingest, EVENTS[:1])
