"""From a proxy's request ID to the numbers of its events, in the log."""

from __future__ import annotations

import logging

import pytest
import structlog
from django.db import transaction

from streams.events.log import IN_QUARANTINE, FeedAddition
from streams.ingest.tracing import MAX_IN_LINE, log_stored
from tests import factories
from tests.ingest.local_server import serving
from tests.ingest.sender_requests import TRACK, basic, track
from tests.ingest.test_server import call, kept, lock
from tests.portal_processes import until

pytestmark = pytest.mark.django_db(transaction=True)

FROM_PROXY = "0123456789abcdef0123456789abcdef"  # as nginx creates them
LOGGED = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.fixture
def lines(caplog):
    """Return the entries of each log line about stored events."""
    caplog.set_level(logging.INFO, "streams.ingest.tracing")
    with structlog.testing.capture_logs() as logs:
        yield lambda: [
            line["requests"] for line in logs if line["event"] == "ingest.stored"
        ]


@pytest.fixture
def feed(transactional_db):
    return factories.cursor(factories.connection()).feed


def test_a_proxys_request_id_leads_to_the_numbers_of_its_events(feed, lines):
    key = factories.ingest_key(feed)
    with serving() as server, server.connect() as wire:
        wire.send(call(key, track("m1"), f"X-Request-Id: {FROM_PROXY}"))
        wire.response()
        wire.send(call(key, track("m1"), f"X-Request-Id: {FROM_PROXY}"))
        wire.response()
        until(lambda: len(lines()) == 2)

    about = {"request_id": LOGGED, "feed": feed.pk}
    first = {**about, "first_seq": 1, "last_seq": 1}
    again = {**about, "first_seq": None, "last_seq": None}
    assert lines() == [(first,), (again,)]


def test_requests_that_are_committed_together_share_a_line(feed, lines):
    key = factories.ingest_key(feed)
    with serving() as server, server.connect() as one, server.connect() as other:
        with transaction.atomic():
            lock(feed)  # until then, all of them collect
            one.send(call(key, track("m0")))
            until(lambda: sum(kept(server)) == 1)
            one_more = [server.connect() for _ in range(3)]
            for number, wire in enumerate(one_more):
                wire.send(call(key, track(f"n{number}"), f"X-Request-Id: {number:08x}"))
            other.send(call(key, track("m1")))  # without an ID: it is in no line
            until(lambda: sum(kept(server)) == 5)
        for wire in [one, other, *one_more]:
            wire.response()
            wire.socket.close()
        until(lambda: sum(map(len, lines())) == 3)

    assert {e["request_id"] for line in lines() for e in line} == {
        f"{number:08x}" for number in range(3)
    }
    assert len(lines()) <= 2


def test_the_web_port_logs_each_request_too(client, feed, lines):
    client.post(
        "/v1/track", TRACK, content_type="application/json",
        headers={**basic(factories.ingest_key(feed)), "X-Request-Id": FROM_PROXY},
    )  # fmt: skip

    [[entry]] = lines()
    assert (entry["request_id"], entry["first_seq"]) == (LOGGED, 1)


def test_a_line_stays_short_and_quarantined_events_have_no_number(lines):
    additions = [FeedAddition(n, []) for n in range(MAX_IN_LINE + 1)]
    seqs = [[IN_QUARANTINE, 7, None, 9]] * len(additions)

    log_stored([("0" * 8, additions, seqs)])

    assert [len(line) for line in lines()] == [MAX_IN_LINE, 1]
    assert (lines()[0][0]["first_seq"], lines()[0][0]["last_seq"]) == (7, 9)
