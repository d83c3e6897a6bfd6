"""The code of the Destination Function, run in Node against a local inbound address.

Only the error classes of Segment's runtime are replaced.
"""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from streams.portal.receive.destination_function import destination_function
from tests.portal.node_function import call_function

pytestmark = [pytest.mark.processes]

TOOL = 'Post"box\n</script>'
IDENTIFY = {
    "type": "identify",
    "messageId": "m-1",
    "userId": " 019mr8mf4R ",
    "anonymousId": None,
    "traits": {"email": "Kim@Example.com", "writeKey": "in-traits", "age": 1.50},
    "writeKey": "of-the-source",
    "context": {"library": {"name": "analytics.js"}, "writeKey": "in-context"},
}
KIM = ("onIdentify", IDENTIFY)
FORWARDED = {
    "type": "identify",
    "messageId": "m-1",
    "userId": " 019mr8mf4R ",
    "anonymousId": None,
    "traits": {"email": "Kim@Example.com", "age": 1.5},
    "context": {"library": {"name": "analytics.js"}},
}


class Inbound(ThreadingHTTPServer):
    """An inbound address that records requests and responds as instructed."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, dict[str, str], object]] = []
        self.answers: list[tuple[int, str]] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/inbound/abc"


class _Handler(BaseHTTPRequestHandler):
    server: Inbound

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        seen = (
            self.path,
            {key.lower(): value for key, value in self.headers.items()},
            json.loads(body),
        )
        self.server.requests.append(seen)
        status, text = self.server.answers.pop(0) if self.server.answers else (200, "")
        if status == 0:  # never
            self.server.released.wait(60)
            return
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", self.server.url)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Keep the output of tests clean."""


@pytest.fixture
def inbound():
    server = Inbound()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


def call(
    url: str, *calls: tuple[str, object], secret: str = "the-secret", **options: int
) -> list[dict]:
    """Call handlers of a function with this address; return how each ended."""
    code = destination_function(tool=TOOL, url=url, **options)
    return call_function(code, *calls, secret=secret)


@pytest.mark.parametrize("call_type", [
    "track", "identify", "page", "screen", "group", "alias", "delete",
])  # fmt: skip
def test_each_handler_forwards_its_event_with_the_secret(inbound, call_type):
    event = {**IDENTIFY, "type": call_type}

    (end,) = call(inbound.url, (f"on{call_type.title()}", event))

    assert end == {"returned": None, "event": event}  # unchanged for others
    ((path, headers, body),) = inbound.requests
    assert (path, body) == ("/v1/inbound/abc", {**FORWARDED, "type": call_type})
    assert headers["authorization"] == "Bearer the-secret"
    assert headers["content-type"] == "application/json"


def test_a_batch_is_one_request_with_an_array(inbound):
    (end,) = call(inbound.url, ("onBatch", [IDENTIFY, {"type": "track"}]))

    assert "error" not in end
    ((_, _, body),) = inbound.requests
    assert body == [FORWARDED, {"type": "track"}]


def test_no_write_key_leaves_segment(inbound):
    call(inbound.url, KIM, ("onBatch", [IDENTIFY]))

    text = json.dumps([body for _path, _headers, body in inbound.requests])
    assert "writeKey" not in text
    assert "of-the-source" not in text


@pytest.mark.parametrize("status", [408, 423, 429, 500, 502, 503, 504])
def test_segment_retries_what_can_pass_later(inbound, status):
    inbound.answers = [(status, "Later")]

    (end,) = call(inbound.url, KIM)

    assert (end["error"], end["message"]) == (
        "RetryError",
        f"{TOOL} responded with status {status}: Later",
    )


@pytest.mark.parametrize("status", [400, 401, 404, 413, 422])
def test_segment_drops_what_cannot_pass_and_shows_the_reason(inbound, status):
    inbound.answers = [(status, "The reason")]

    (end,) = call(inbound.url, KIM)

    assert (end["error"], end["message"]) == (
        "ValidationError",
        f"{TOOL} responded with status {status}: The reason",
    )


def test_segment_retries_while_nothing_listens():
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    (end,) = call(f"http://127.0.0.1:{port}/v1/inbound/abc", KIM)

    assert end == {
        "error": "RetryError",
        "message": f"{TOOL} couldn't be reached.",
    }


def test_segment_retries_after_a_request_without_a_response(inbound):
    inbound.answers = [(0, "")]

    (end,) = call(inbound.url, KIM, timeout_ms=200)

    assert end == {
        "error": "RetryError",
        "message": f"{TOOL} didn't respond in time.",
    }


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_redirect_does_not_lose_the_event(inbound, status):
    inbound.answers = [(status, "")]

    (end,) = call(inbound.url, KIM)

    assert (end["error"], len(inbound.requests)) == ("RetryError", 1)


def test_a_function_without_its_setting_says_which_one(inbound):
    (end,) = call(inbound.url, KIM, secret=" ")

    assert end == {
        "error": "ValidationError",
        "message": "Fill in the setting inboundSecret of this function.",
    }
    assert inbound.requests == []


def test_an_error_names_neither_the_secret_nor_the_event(inbound):
    inbound.answers = [(503, "Later"), (400, "No")]

    ends = call(inbound.url, KIM, KIM)

    assert not any(
        value in end["message"]
        for end in ends
        for value in ("the-secret", "019mr8mf4R", "Kim@Example.com")
    )


def test_the_code_imports_nothing():
    code = destination_function(tool="Postbox", url="https://in.example/v1/inbound/a")

    assert "import " not in code
    assert "require(" not in code
    assert 'const INBOUND_URL = "https://in.example/v1/inbound/a";' in code
