"""Events from Segment change the identity map and the counts, each once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from streams.identity.inbound.events import TEST_MESSAGE_ID, read_event
from streams.identity.inbound.receive import (
    OUTCOMES,
    InboundDelivery,
    UnknownAddress,
    receive,
    receive_request,
)
from streams.identity.inbound.tool_names import tool_names
from streams.identity.inbound_address import (
    MESSAGES_KEPT,
    InboundAddress,
    InboundMessage,
)
from streams.identity.links import MOST_OF_PERSON
from streams.identity.models import Conflict, Link
from streams.prune import prune
from tests import factories

pytestmark = pytest.mark.django_db

NOW = factories.NOW


@pytest.fixture
def address():
    address, _secret = factories.inbound_address()
    return address


def identify(number: int, **changes) -> dict:
    return {
        "type": "identify",
        "userId": f"u{number}",
        "messageId": f"m{number}",
        "projectId": "p1",
        "traits": {"email": f"p{number}@example.com"},
        **changes,
    }


def delivery(address, *events) -> InboundDelivery:
    names = tool_names(address.feed.stream.slug)
    read = [read_event(json.dumps(event).encode(), names) for event in events]
    return InboundDelivery(address.pk, address.feed_id, read)


def receive_one(address, *events, at=NOW):
    [receipt] = receive([delivery(address, *events)], at=at)
    return receipt


def counts(address) -> dict[str, int]:
    """Return the counts of an address that are not zero."""
    address.refresh_from_db()
    names = ("received", *OUTCOMES)
    return {name: getattr(address, name) for name in names if getattr(address, name)}


def links(address) -> set[str]:
    return set(
        Link.objects.filter(feed=address.feed_id).values_list("user_id", flat=True)
    )


def test_an_identify_call_becomes_a_link(address):
    receipt = receive_one(address, identify(1))

    assert (receipt.outcomes, receipt.links, receipt.conflicts) == (["learned"], 1, 0)
    [link] = Link.objects.all()
    assert (link.feed_id, link.user_id, link.project_id, link.message_id) == (
        address.feed_id,
        "u1",
        "p1",
        "m1",
    )
    assert counts(address) == {"received": 1, "learned": 1}
    assert address.last_received_at == NOW


def test_only_a_test_call_alone_is_not_the_last_event_received(address):
    own = {"integration": {"name": address.feed.stream.slug}}
    test = {**identify(1), "messageId": f"{TEST_MESSAGE_ID}1", "context": own}

    receive_one(address, test)

    assert counts(address) == {"received": 1, "own": 1}
    assert address.last_received_at is None
    receive_one(address, {**test, "messageId": f"{TEST_MESSAGE_ID}2"}, identify(2))
    address.refresh_from_db()
    assert address.last_received_at == NOW


def test_an_event_that_arrives_again_is_a_duplicate(address):
    receive_one(address, identify(1), identify(2))

    receipt = receive_one(address, identify(1), identify(3), identify(3))

    assert receipt.outcomes == ["duplicates", "learned", "duplicates"]
    assert counts(address) == {"received": 5, "learned": 3, "duplicates": 2}


def test_the_same_message_id_of_another_source_is_another_event(address):
    receive_one(address, identify(1))

    assert receive_one(address, identify(1, projectId="p2")).outcomes == ["learned"]


def test_events_without_a_message_id_are_never_duplicates(address):
    receipt = receive_one(
        address, identify(1, messageId=None), identify(1, messageId=None)
    )

    assert receipt.outcomes == ["learned", "learned"]


def test_all_outcomes_are_counted_and_add_up(address):
    slug = address.feed.stream.slug
    own = {"context": {"integration": {"name": slug}}}
    receipt = receive_one(
        address,
        identify(1),
        identify(1),
        identify(2, userId=None),
        identify(3, traits={}),
        identify(4, **own),
        identify(5, userId="anonymous"),
        {"type": "delete", "userId": "u9", "messageId": "m6"},
        {"type": "purchase"},
    )

    assert receipt.outcomes == [
        "learned", "duplicates", "unidentified", "unidentified", "own", "refused",
        "deletes", "refused",
    ]  # fmt: skip
    assert {n: why.rule for n, why in receipt.refusals.items()} == {
        5: "IDENTITY-PLACEHOLDER",
        7: "INBOUND-EVENT-002",
    }
    found = counts(address)
    assert found.pop("received") == sum(found.values()) == 8
    assert (address.last_refused_at, address.last_refused_rule) == (
        NOW,
        "IDENTITY-PLACEHOLDER",
    )


def test_two_user_ids_of_a_person_are_a_conflict(address):
    receive_one(address, identify(1))

    receipt = receive_one(address, identify(2, traits={"email": "p1@example.com"}))

    assert (receipt.links, receipt.conflicts) == (0, 1)
    assert (links(address), Conflict.objects.count()) == ({"u1"}, 1)


def test_a_delete_event_removes_the_persons_links_and_can_be_repeated(address):
    receive_one(address, identify(1), identify(2))
    delete = {"type": "delete", "userId": "u1", "projectId": "p1"}

    for source in ("p1", "p2"):
        receipt = receive_one(
            address, {**delete, "messageId": "d", "projectId": source}
        )
        assert receipt.outcomes == ["deletes"]

    assert links(address) == {"u2"}


@pytest.mark.parametrize(
    ("user_id", "rule"),
    [
        ("u\0", "IDENTITY-CHARACTERS"),
        ("u" * 201, "IDENTITY-LENGTH"),
        (True, "IDENTITY-TYPE"),
        (1.5, "IDENTITY-TYPE"),
    ],
)
def test_a_deletion_of_an_impossible_user_id_is_refused_and_spoils_no_other_event(
    address, user_id, rule
):
    delete = {"type": "delete", "userId": user_id, "anonymousId": "a1"}

    receipt = receive_one(address, delete, identify(1))

    assert receipt.outcomes == ["refused", "learned"]
    assert receipt.refusals[0].rule == rule


def test_a_user_id_that_is_a_whole_number_is_deleted_as_text(address):
    receive_one(address, identify(1, userId="123"))

    receipt = receive_one(address, {"type": "delete", "userId": 123})

    assert (receipt.outcomes, links(address)) == (["deletes"], set())


def test_in_a_request_a_person_is_deleted_last(address):
    receive_one(address, {"type": "delete", "userId": "u1"}, identify(1), identify(2))

    assert links(address) == {"u2"}


def test_a_later_request_in_the_same_transaction_can_identify_a_deleted_person(address):
    deletes = delivery(address, {"type": "delete", "userId": "u1"}, identify(1))

    receive([deletes, delivery(address, identify(1, messageId="m9"))], at=NOW)

    assert links(address) == {"u1"}


def test_requests_of_several_feeds_share_a_transaction(address):
    other, _secret = factories.inbound_address()
    requests = [
        delivery(other, identify(1)),
        delivery(address, identify(1), identify(2)),
        delivery(other, identify(1)),
    ]

    receipts = receive(requests, at=NOW)

    assert [one.outcomes for one in receipts] == [
        ["learned"],
        ["learned", "learned"],
        ["duplicates"],
    ]
    assert (links(address), links(other)) == ({"u1", "u2"}, {"u1"})
    assert counts(other) == {"received": 2, "learned": 1, "duplicates": 1}


def test_a_large_batch_is_learned_in_parts(address):
    receipt = receive_one(address, *map(identify, range(1, 2_501)))

    assert (receipt.links, counts(address)["learned"]) == (2_500, 2_500)


def test_a_request_with_many_identifiers_is_learned_in_parts_and_deletes_last(address):
    deleted = {"type": "delete", "userId": "u1"}
    many = [
        identify(n, context={"externalIds": external(60, n)}) for n in range(1, 131)
    ]

    receipt = receive_request(delivery(address, deleted, *many, {}, many[0]), at=NOW)

    assert receipt.outcomes == [
        "deletes", *["learned"] * 130, "refused", "duplicates"
    ]  # fmt: skip
    assert list(receipt.refusals) == [131]
    assert receipt.links == 130 * MOST_OF_PERSON
    assert counts(address)["received"] == 133
    assert links(address) == {f"u{n}" for n in range(2, 131)}


def external(count: int, person: int) -> list[dict]:
    return [{"id": f"{person}-{n}", "type": "crm_id"} for n in range(count)]


def test_the_number_of_statements_does_not_depend_on_the_number_of_events(
    address, django_assert_max_num_queries
):
    with django_assert_max_num_queries(40) as few:
        receive_one(address, identify(1))
    with django_assert_max_num_queries(40) as many:
        receive_one(address, *map(identify, range(2, 300)))

    assert len(many) - len(few) <= 3  # SQLite's statements have fewer parameters


def test_an_address_that_was_removed_is_unknown(address):
    gone = delivery(address, identify(1))
    InboundAddress.objects.all().delete()

    with pytest.raises(UnknownAddress):
        receive([gone], at=NOW)
    assert not Link.objects.exists()


def test_message_ids_are_forgotten_after_a_week(address):
    receive_one(address, identify(1), at=NOW - MESSAGES_KEPT - timedelta(seconds=1))
    receive_one(address, identify(2), at=NOW - MESSAGES_KEPT)

    prune(now=NOW)

    assert InboundMessage.objects.count() == 1
    assert receive_one(address, identify(1), identify(2)).outcomes == [
        "learned",
        "duplicates",
    ]
