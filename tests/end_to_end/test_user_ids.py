"""Events with only the tool's IDs reach Segment with the right userIds, in order and once."""

from __future__ import annotations

from collections import defaultdict

import pytest
import requests

from streams.base.clock import now
from streams.catalog.identity_settings import choose_identity
from streams.delivery.models import Cursor
from streams.events.models import Event, Feed, WaitingEvent
from streams.identity.claims import Origin
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.links import IdentityFact, learn
from streams.identity.models import OriginKind
from streams.observability import ledger
from streams.observability.reconcile import inconsistencies
from tests import factories
from tests.ingest.sender_requests import basic
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]

EVENTS, BATCH, PEOPLE = 6_000, 500, 200
KNOWN = range(PEOPLE // 2)  # from the start
LATER = range(PEOPLE // 2, PEOPLE)
SEGMENT = Origin(OriginKind.INBOUND, "project-1", "message-1")


def user_id(person):
    return f" Ü-{person} "


@pytest.fixture
def feed(transactional_db):
    """A connected feed of a stream that sets events of unknown people aside."""
    feed = factories.cursor(factories.connection()).feed
    choose_identity(
        stream=feed.stream,
        identify_by=["tool_id", "email"],
        unresolved="set_aside",
        check_user_ids=False,
        actor=None,
    )
    link(feed, KNOWN)
    return feed


def link(feed, people):
    facts = [
        IdentityFact(
            user_id(person),
            [Identifier(IdentifierKind.TOOL_ID, f"t{person}")],
            now(),
            SEGMENT,
        )
        for person in people
    ]
    learn(feed.pk, facts)


def event(number):
    person = number % PEOPLE
    return {
        "type": "track",
        "event": "Email Opened",
        "messageId": f"m{number:05}",
        "person": {"id": f"t{person}", "email": f"p{person}@example.com"},
    }


def send(portal, feed):
    """Send all events, one batch after the other, and return the outcomes."""
    url, key = portal.ingest(), basic(factories.ingest_key(feed))
    outcomes = defaultdict(int)
    for first in range(0, EVENTS, BATCH):
        batch = [event(number) for number in range(first, first + BATCH)]
        answer = requests.post(
            f"{url}/v1/batch", json={"batch": batch}, headers=key, timeout=30
        )
        for result in answer.json()["results"]:
            outcomes[result["outcome"]] += 1
        assert balances(feed, first + BATCH)
    return dict(outcomes)


def balances(feed, received=EVENTS):
    """Whether so many were received, and the rows say the same, at this moment."""
    assert inconsistencies(feed) == []
    return ledger.of(feed).received == received


def assert_all_arrived(feed, far_segment):
    until(lambda: far_segment.stats()["unique_message_ids"] == EVENTS, within_s=60)
    until(lambda: not Cursor.objects.exclude(due_at=None).exists())
    by_person = defaultdict(list)
    for sent in far_segment.events():
        number = int(sent["messageId"][1:])
        person = number % PEOPLE
        assert sent["userId"] == user_id(person)
        assert sent["context"][f"{feed.stream.slug}Id"] == f"t{person}"
        assert "person" not in sent
        by_person[person].append(number)
    for person, numbers in by_person.items():
        once = list(dict.fromkeys(numbers))
        assert once == list(range(person, EVENTS, PEOPLE))
    assert Event.objects.filter(feed=feed).count() == EVENTS
    books = ledger.of(feed)
    assert (books.received, books.delivered, books.quarantined) == (EVENTS, EVENTS, 0)
    assert inconsistencies(feed) == []


def test_events_of_unknown_people_are_released_in_order_once_they_are_known(
    portal, far_segment, feed
):
    outcomes = send(portal, feed)
    assert outcomes == {"accepted": EVENTS // 2, "quarantined": EVENTS // 2}
    portal.worker()
    portal.beat()

    for first in range(LATER.start, LATER.stop, 20):
        link(feed, range(first, first + 20))
        assert balances(feed)

    until(lambda: not WaitingEvent.objects.exists())
    assert_all_arrived(feed, far_segment)
    assert far_segment.stats()["duplicates"] == 0


def test_killing_the_worker_during_a_release_loses_and_doubles_nothing(
    portal, far_segment, feed
):
    send(portal, feed)
    worker = portal.worker()
    portal.beat()
    link(feed, LATER)
    until(lambda: Feed.objects.get(pk=feed.pk).quarantined < EVENTS // 2)

    portal.kill(worker)
    left = Feed.objects.get(pk=feed.pk).quarantined
    assert 0 < left < EVENTS // 2
    assert balances(feed)
    portal.worker()
    until(lambda: not WaitingEvent.objects.exists())

    assert_all_arrived(feed, far_segment)
