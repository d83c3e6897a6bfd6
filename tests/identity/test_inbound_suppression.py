"""Events that ask to suppress a person, and events of people who are suppressed."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from streams.audit.models import AuditEntry
from streams.identity.inbound.receive import receive
from streams.identity.models import Link, SuppressedPerson
from streams.identity.suppression.people import suppressed_people
from streams.identity.suppression.services import SuppressionScope, suppress
from tests import factories
from tests.identity.test_inbound_receive import (
    address,
    counts,
    delivery,
    identify,
    links,
    receive_one,
)

__all__ = ["address"]
pytestmark = pytest.mark.django_db


def asked(call, user_id="u1", **changes):
    return {"type": call, "userId": user_id, "projectId": "p1", **changes}


def is_suppressed(address, user_id="u1", feed=None):
    feed = feed or address.feed
    people = suppressed_people(feed.workspace_id, feed.pk)
    return people.have([user_id], [], is_anonymous=False)


def test_a_person_is_suppressed_in_the_feed_and_no_longer(address):
    other = factories.feed(workspace=address.feed.workspace)

    receipt = receive_one(address, asked("suppress"))

    assert receipt.outcomes == ["suppressions"]
    assert is_suppressed(address)
    assert not is_suppressed(address, feed=other)
    receive_one(address, asked("unsuppress"))
    assert not is_suppressed(address)
    assert counts(address) == {"received": 2, "suppressions": 2}


def test_the_same_request_can_arrive_once_for_each_source(address):
    for source in ("p1", "p2", "p3"):
        request = asked("suppress", messageId="m1", projectId=source)
        receive_one(address, request)

    assert SuppressedPerson.objects.count() == 1
    assert AuditEntry.objects.filter(action="privacy.suppressed").count() == 1


def test_a_person_is_suppressed_and_deleted(address):
    receive_one(address, identify(1))

    receipt = receive_one(address, asked("suppress_with_delete"))

    assert (receipt.outcomes, links(address)) == (["deletes"], set())
    assert is_suppressed(address)


def test_a_deletion_suppresses_a_person_only_if_the_workspace_asks_for_it(address):
    receive_one(address, asked("delete"))
    assert not is_suppressed(address)

    address.suppresses_deleted = True
    address.save()
    receive_one(address, asked("delete"))

    assert is_suppressed(address)


def test_nothing_is_learned_from_events_of_suppressed_people(address):
    receive_one(address, asked("suppress"))

    receipt = receive_one(address, identify(1), identify(2))

    assert receipt.outcomes == ["suppressed", "learned"]
    assert links(address) == {"u2"}


def test_a_request_counts_for_the_other_events_of_its_batch(address):
    receipt = receive_one(address, identify(1), asked("suppress"), identify(2))

    assert receipt.outcomes == ["suppressed", "suppressions", "learned"]


def test_a_suppression_of_the_workspace_counts_for_events_from_segment(address):
    suppress(
        SuppressionScope(address.feed.workspace),
        user_id="u1",
        origin=SuppressedPerson.Origin.PAGE,
    )

    assert receive_one(address, identify(1)).outcomes == ["suppressed"]
    receive_one(address, asked("unsuppress"))
    assert is_suppressed(address)


def test_identifiers_count_only_without_a_user_id(address):
    receive_one(address, asked("suppress", anonymousId="device-1"))

    shared = identify(2, anonymousId="device-1")
    assert receive_one(address, shared).outcomes == ["learned"]
    receive_one(address, asked("suppress", None, anonymousId="device-2"))
    own = identify(3, anonymousId="device-2")
    assert receive_one(address, own).outcomes == ["suppressed"]


def test_a_request_that_names_no_one_is_refused(address):
    receipt = receive_one(address, asked("suppress", None), asked("suppress", "null"))

    assert receipt.outcomes == ["refused", "refused"]
    assert not Link.objects.exists()


def test_the_number_of_queries_does_not_depend_on_the_number_of_events(address):
    suppress(
        SuppressionScope(address.feed.workspace),
        user_id="u9",
        origin=SuppressedPerson.Origin.PAGE,
    )
    receive_one(address, identify(100))  # creates the map
    few = delivery(address, identify(1), identify(2))
    many = delivery(address, *(identify(n) for n in range(3, 40)))

    assert queries_for(many) == queries_for(few)


def queries_for(one):
    with CaptureQueriesContext(connection) as queries:
        receive([one], at=factories.NOW)
    return len(queries)
