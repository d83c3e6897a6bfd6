"""Events with a wrong name go through quarantine and arrive at Segment in order."""

from __future__ import annotations

import pytest
import requests

from streams.delivery.models import Cursor
from streams.delivery.quarantine_decisions import decide
from streams.events.models import Event, QuarantineJob
from streams.events.quarantine import QuarantineFilter
from streams.observability import ledger
from streams.observability.reconcile import inconsistencies
from tests import factories
from tests.ingest.sender_requests import basic, track
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]

EVENTS, BATCH = 10_000, 1_000
OLD, NEW = "Mail Opened", "Email Opened"
IDS = [f"m{number:05}" for number in range(EVENTS)]


@pytest.fixture
def feed(transactional_db):
    """A connected feed of a stream that quarantines events outside its plan."""
    stream = factories.stream(check_mode="quarantine")
    factories.published_plan(stream, NEW)
    return factories.cursor(factories.connection(factories.feed(stream))).feed


def send(portal, feed):
    """Send all events under the wrong name."""
    url, key = portal.ingest(), basic(factories.ingest_key(feed))
    for first in range(0, EVENTS, BATCH):
        batch = [track(m, event=OLD) for m in IDS[first : first + BATCH]]
        answer = requests.post(
            f"{url}/v1/batch", json={"batch": batch}, headers=key, timeout=30
        )
        assert answer.json()["quarantined"] == BATCH
        assert balances(feed, received=first + BATCH)


def rename(feed):
    decide(
        feeds=[feed],
        held=QuarantineFilter(name=OLD),
        action=QuarantineJob.Action.RENAME,
        new_name=NEW,
        actor=None,
    )


def balances(feed, received=EVENTS):
    """Whether so many were received, and the rows say the same, at this moment."""
    assert inconsistencies(feed) == []
    return ledger.of(feed).received == received


def assert_all_arrived_in_order(feed, far_segment):
    until(lambda: far_segment.stats()["unique_message_ids"] == EVENTS, within_s=60)
    until(lambda: not Cursor.objects.exclude(due_at=None).exists())
    logged = Event.objects.filter(feed=feed).order_by("seq")
    assert list(logged.values_list("message_id", flat=True)) == IDS
    sent = far_segment.events()
    assert list(dict.fromkeys(e["messageId"] for e in sent)) == IDS
    assert {e["event"] for e in sent} == {NEW}
    books = ledger.of(feed)
    assert (books.received, books.delivered, books.quarantined) == (EVENTS, EVENTS, 0)
    assert inconsistencies(feed) == []


def test_ten_thousand_events_with_a_wrong_name_are_renamed_and_delivered_in_order(
    portal, far_segment, feed
):
    send(portal, feed)
    assert balances(feed)
    assert ledger.of(feed).quarantined == EVENTS
    portal.worker()
    portal.beat()

    rename(feed)  # no worker is woken: the sweep finds it
    steps = 0
    while QuarantineJob.objects.filter(ended_at=None).exists():
        assert balances(feed)
        steps += 1

    assert steps > 1
    assert_all_arrived_in_order(feed, far_segment)
    assert far_segment.stats()["duplicates"] == 0


def test_killing_the_worker_while_it_renames_loses_and_doubles_nothing(
    portal, far_segment, feed
):
    send(portal, feed)
    worker = portal.worker()
    portal.beat()
    rename(feed)
    until(lambda: QuarantineJob.objects.get().released)

    portal.kill(worker)
    at_the_kill = QuarantineJob.objects.get()
    assert 0 < at_the_kill.released < EVENTS
    assert balances(feed)
    portal.worker()
    until(lambda: QuarantineJob.objects.get().ended_at)

    assert QuarantineJob.objects.get().released == EVENTS
    assert_all_arrived_in_order(feed, far_segment)
