"""Admins of a workspace suppress people, and end that."""

from __future__ import annotations

from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.identity.inbound.services import choose_suppression
from streams.identity.inbound_address import InboundAddress
from streams.identity.models import SuppressedPerson
from streams.identity.suppression.people import suppressed_people
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(client):
    made = factories.cast()
    client.force_login(made.anna)
    return made


def url(cast, page="privacy"):
    return reverse(f"portal:{page}", args=[cast.workspace.public_id])


def fields(**changes) -> dict[str, str]:
    person = {"kind": "user_id", "person": "ada-l", "confirm": "suppress"}
    return {**person, **changes}


def is_suppressed(feed, user_id):
    people = suppressed_people(feed.workspace_id, feed.pk)
    return people.have([user_id], [], is_anonymous=False)


def test_a_person_is_suppressed_in_all_streams_and_listed_without_their_data(
    client, cast
):
    other = factories.feed(workspace=cast.workspace)

    answer = client.post(url(cast, "privacy-suppress"), fields())

    assert answer.url.endswith("#suppressed")
    assert is_suppressed(cast.feed, "ada-l")
    assert is_suppressed(other, "ada-l")
    page = client.get(url(cast), {"stream": cast.feed.stream.slug}).text
    assert SuppressedPerson.objects.get().hint in page
    assert cast.anna.email in page
    assert "ada-l" not in page
    [entry] = AuditEntry.objects.filter(action="privacy.suppressed")
    assert "ada-l" not in str(entry.detail)


def test_an_id_in_the_tool_counts_only_in_its_own_stream(client, cast):
    client.post(url(cast, "privacy-suppress"), fields(kind="tool_id", person="7"))

    assert SuppressedPerson.objects.get().feed == cast.feed


def test_events_of_a_person_are_stored_again(client, cast):
    client.post(url(cast, "privacy-suppress"), fields())

    client.post(url(cast, "privacy-unsuppress"), fields(confirm="store"))

    assert not SuppressedPerson.objects.exists()
    assert "No one is suppressed" in client.get(url(cast)).text


@pytest.mark.parametrize(
    ("page", "changes", "said"),
    [
        ("suppress", {"confirm": "yes"}, "Enter “suppress”"),
        ("suppress", {"person": "null"}, "can't identify a person"),
        ("suppress", {"kind": "email"}, "can't identify a person"),
        ("unsuppress", {"confirm": "yes"}, "Enter “store”"),
        ("unsuppress", {"confirm": "store"}, "No one with this value is suppressed"),
        (
            "unsuppress",
            {"confirm": "store", "person": "null"},
            "can't identify a person",
        ),
    ],
)
def test_a_mistake_is_explained_and_changes_nothing(client, cast, page, changes, said):
    text = client.post(url(cast, f"privacy-{page}"), fields(**changes)).text

    assert said in unescape(text)
    assert not SuppressedPerson.objects.exists()


def test_an_admin_chooses_whether_deleted_people_are_suppressed(client, cast):
    address, _secret = factories.inbound_address(cast.feed)

    for answer in ("yes", "yes", "no"):
        client.post(url(cast, "privacy-deletions"), {"suppress": answer})
        address.refresh_from_db()
        assert address.suppresses_deleted == (answer == "yes")

    actions = AuditEntry.objects.filter(action__startswith="inbound.").order_by("pk")
    assert [one.action for one in actions][-2:] == [
        "inbound.suppresses_deleted",
        "inbound.keeps_deleted",
    ]


def test_a_workspace_without_an_inbound_address_has_no_such_choice(client, cast):
    InboundAddress.objects.all().delete()

    assert "privacy/deletions/" not in client.get(url(cast)).text
    answer = client.post(url(cast, "privacy-deletions"), {"suppress": "yes"})
    assert answer.status_code == 404


def test_saving_the_same_choice_again_is_not_recorded(cast):
    address, _secret = factories.inbound_address(cast.feed)

    choose_suppression(address=address, suppresses=False, actor=cast.anna)

    assert not AuditEntry.objects.filter(action="inbound.keeps_deleted").exists()


def test_the_list_takes_as_many_queries_for_three_people_as_for_one(
    client, cast, django_assert_max_num_queries
):
    client.post(url(cast, "privacy-suppress"), fields())
    client.get(url(cast))
    with CaptureQueriesContext(connection) as one:
        client.get(url(cast))
    before = len(one)
    for person in ("ben", "cleo"):
        client.post(url(cast, "privacy-suppress"), fields(person=person))
    client.get(url(cast))

    with django_assert_max_num_queries(before):
        client.get(url(cast))
