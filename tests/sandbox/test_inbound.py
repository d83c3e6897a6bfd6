"""The sandbox sends events to inbound addresses as Segment does."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from streams.identity.inbound_address import InboundAddress
from streams.identity.models import Conflict, Link
from streams.ingest.inbound.body import open_inbound
from streams.ingest.inbound.signature import is_signed
from streams.sandbox.inbound.orders import InboundOrder, requests_of
from streams.sandbox.inbound.retries import is_retried, wait_s
from tests import factories
from tests.ingest.local_server import serving
from tests.portal_processes import until
from tests.sandbox.calls import send

SECRET = "is_" + "a" * 32
URL = "http://127.0.0.1:9/v1/inbound/x"


def order(**fields) -> InboundOrder:
    return InboundOrder(**{"url": URL, "secret": SECRET, **fields})


def bodies(**fields) -> list:
    return [json.loads(request.body) for request in requests_of(order(**fields))]


def ask(segment, path="", content=None, *, method=None, **headers):
    """Call the control API; return the status and the response."""
    body = b"" if content is None else json.dumps(content).encode()
    method = method or ("GET" if content is None else "POST")
    kind = {"Content-Type": "application/json"} if content is not None else {}
    status, _, answer = send(
        segment,
        f"/_sandbox/inbound{path}",
        body,
        headers={**kind, **headers},
        method=method,
    )
    return status, json.loads(answer)


def counts(segment) -> dict[str, int]:
    found = ask(segment)[1]["counts"]
    return {state: count for state, count in found.items() if count}


# --- Orders --------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["single", "batch", "extensible", "function"])
def test_every_request_is_signed_over_its_first_event(method):
    events = [{"type": "track", "name": "\ud83d é 🐟"}, {"type": "page"}]

    requests = requests_of(order(method=method, events=events))

    for request in requests:
        signed = open_inbound(request.body).signed
        assert is_signed(request.headers["X-Signature"], signed, [SECRET])
    assert sum(request.events for request in requests) == 2


def test_a_batch_is_a_list_and_the_extensible_webhook_wraps_its_events():
    event = {"type": "track", "messageId": "m1", "projectId": "p1"}

    assert bodies(events=[event]) == [event]
    assert bodies(events=[event], method="batch") == [[event]]
    assert bodies(events=[event], method="extensible") == [[{"json": event}]]


def test_batches_have_the_chosen_size():
    sizes = [len(body) for body in bodies(people=5, method="batch", batch_size=2)]

    assert sizes == [2, 2, 1]


def test_each_mapping_sends_every_event_with_the_same_message_id():
    first, second = bodies(people=1, mappings=2)

    assert first == second


def test_only_a_function_sends_delete_events_one_for_each_source():
    delete = {"type": "delete", "userId": "u1"}
    sources = ["p1", "p2"]

    assert bodies(events=[delete], sources=sources) == []
    sent = bodies(events=[delete], sources=sources, method="function")
    assert [event["projectId"] for event in sent] == sources
    assert len({event["messageId"] for event in sent}) == 2


def test_a_wrong_secret_signs_wrongly():
    [right] = requests_of(order(people=1, events=[], auth="header"))
    [wrong] = requests_of(order(people=1, auth="header", wrong_secret=True))

    assert right.headers["Authorization"] == f"Bearer {SECRET}"
    assert wrong.headers["Authorization"] != f"Bearer {SECRET}"


def test_reprs_have_no_secret():
    assert SECRET not in repr(order())
    assert SECRET not in repr(requests_of(order(people=1, auth="header")))


# --- Retries -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "retried"),
    [(None, True), (408, True), (423, True), (429, True), (500, True), (503, True),
     (200, False), (202, False), (301, False), (400, False), (401, False), (413, False),
     (501, False)],
)  # fmt: skip
def test_the_same_statuses_are_retried_as_by_segment(status, retried):
    assert is_retried(status) is retried


def test_waits_grow_to_an_hour():
    assert [wait_s(n, 0.5) for n in (1, 2, 3, 20)] == [15.0, 30.0, 60.0, 3600.0]
    assert (wait_s(1, 0.0), wait_s(1, 1.0)) == (7.5, 22.5)


@pytest.fixture
def receiver():
    """A server whose next statuses are in `statuses`; after them, 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.server.received += 1
            statuses = self.server.statuses
            self.send_response(statuses.pop(0) if statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.statuses, server.received = [], 0
        server.url = f"http://127.0.0.1:{server.server_port}/v1/inbound/x"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def inbound(segment):
    """The sandbox, which forgets its requests at the end."""
    yield segment
    ask(segment, method="DELETE")


def test_a_request_is_retried_as_the_clock_moves(inbound, receiver):
    receiver.statuses = [503, 429]

    status, sent = ask(
        inbound, "", {"url": receiver.url, "secret": SECRET, "people": 1}
    )
    assert (status, sent["requests"], sent["events"]) == (202, 1, 1)
    until(lambda: receiver.received == 1)
    for times in (2, 3):
        ask(inbound, "/clock", {"advance_s": 3600})
        until(lambda times=times: receiver.received == times)

    until(lambda: counts(inbound) == {"delivered": 1})
    [delivery] = ask(inbound)[1]["deliveries"]
    assert [one["status"] for one in delivery["attempts"]] == [503, 429, 200]


def test_retries_end_after_four_hours(inbound, receiver):
    receiver.statuses = [503] * 100

    ask(inbound, "", {"url": receiver.url, "people": 1})
    for times in range(1, 9):
        until(
            lambda times=times: (
                receiver.received >= times or counts(inbound) == {"expired": 1}
            )
        )
        ask(inbound, "/clock", {"advance_s": 3600})

    until(lambda: counts(inbound) == {"expired": 1})


def test_a_refused_request_is_dropped(inbound, receiver):
    receiver.statuses = [401]

    ask(inbound, "", {"url": receiver.url, "people": 1})

    until(lambda: counts(inbound) == {"dropped": 1})


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"url": "ftp://x"},
        {"url": "file:///etc/passwd"},
        {"url": URL, "method": "x"},
        {"url": URL, "people": 10_001},
        {"url": URL, "events": [1]},
        {"url": URL, "unknown": 1},
        {"url": URL, "sources": []},
    ],
)
def test_an_invalid_order_is_refused(inbound, content):
    status, answer = ask(inbound, "", content)

    assert (status, list(answer)) == (400, ["error"])
    assert counts(inbound) == {}


def test_another_sites_page_cannot_send(inbound):
    content = {"url": URL, "people": 1}

    assert ask(inbound, "", content, **{"Content-Type": "text/plain"})[0] == 415


# --- With the portal -----------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_portal_learns_what_the_sandbox_sends(inbound):
    with serving() as server:
        address, secret = factories.inbound_address()
        host, port = server.address
        where = {
            "url": f"http://{host}:{port}/v1/inbound/{address.public_id}",
            "secret": secret.text,
        }
        conflict = {"type": "identify", "userId": "other",
                    "traits": {"email": "person-1@example.com"}}  # fmt: skip
        orders = [
            {"people": 300, "method": "batch", "batch_size": 100, "mappings": 2},
            {"people": 1, "wrong_secret": True},
            {"events": [conflict], "method": "extensible"},
            {"events": [{"type": "delete", "userId": "user-2"}], "method": "function",
             "auth": "header", "sources": ["p1", "p2"]},
        ]  # fmt: skip
        for one in orders:
            ask(inbound, "", {**where, **one})
            until(lambda: "waiting" not in counts(inbound))

        assert counts(inbound) == {"delivered": 9, "dropped": 1}

    address = InboundAddress.objects.get()
    assert (address.received, address.duplicates, address.deletes) == (603, 300, 2)
    assert Link.objects.count() == 299
    assert Conflict.objects.count() == 1
