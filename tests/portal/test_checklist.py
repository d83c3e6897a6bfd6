"""The first steps of a customer, on the overview."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from streams.base.clock import now
from tests import factories


def steps(client, cast) -> list[tuple[str, bool]]:
    page = client.get(reverse("portal:overview", args=[cast.workspace.public_id]))
    return [(step.title, step.is_done) for step in page.context["setup"]]


def connect(cast, **fields) -> None:
    usual = {"known": True, "created_at": now()}
    factories.cursor(factories.connection(cast.feed, **{**usual, **fields}))


def test_a_new_customer_connects_first(as_alice, cast):
    assert steps(as_alice, cast) == [
        ("Connect your Segment source", False),
        ("Send a test event", False),
        ("Confirm that the test event arrived", False),
    ]


def test_a_step_is_done_when_its_fact_is_there(as_alice, cast):
    connect(cast, test_sent_at=now())

    assert [done for _, done in steps(as_alice, cast)] == [True, True, False]


def test_only_the_next_step_of_the_connection_is_a_link(as_alice, cast):
    page = as_alice.get(reverse("portal:overview", args=[cast.workspace.public_id]))

    links = [step.title for step in page.context["setup"] if step.can_start]
    assert links == ["Connect your Segment source"]
    assert ">Connect your Segment source</a>" in page.text
    assert ">Send a test event</a>" not in page.text


def test_it_disappears_when_everything_is_done(as_alice, cast):
    connect(cast, test_sent_at=now(), seen_at=now())

    assert steps(as_alice, cast) == []


@pytest.mark.parametrize(("days", "shown"), [(1, True), (15, False)])
def test_an_admin_alone_is_asked_to_invite_for_two_weeks(client, cast, days, shown):
    cast.workspace.memberships.exclude(user=cast.anna).delete()
    created = now() - timedelta(days=days)
    connect(cast, test_sent_at=created, seen_at=created, created_at=created)
    client.force_login(cast.anna)

    assert (("Give a colleague access", False) in steps(client, cast)) is shown


def test_a_person_of_the_partner_is_no_colleague(client, cast):
    cast.workspace.memberships.exclude(user=cast.anna).delete()
    connect(cast, test_sent_at=now(), seen_at=now())
    client.force_login(cast.anna)
    cast.workspace.memberships.create(user=cast.petra, role="viewer")
    cast.workspace.invitations.create(
        email=cast.dev.email, role="viewer", number="1", expires_at=now()
    )

    assert ("Give a colleague access", False) in steps(client, cast)


def test_a_colleague_of_the_customer_completes_the_checklist(client, cast):
    cast.workspace.memberships.exclude(user__in=[cast.anna, cast.bob]).delete()
    connect(cast, test_sent_at=now(), seen_at=now())
    client.force_login(cast.anna)

    assert steps(client, cast) == []


def test_a_connection_that_needs_attention_comes_first(as_alice, cast):
    connect(
        cast, status="attention", status_reason="Segment rejected the write key (401)."
    )

    assert steps(as_alice, cast) == []


@pytest.mark.parametrize("name", ["bob", "petra"])
def test_only_people_who_can_act_see_it(client, cast, name):
    client.force_login(getattr(cast, name))

    assert steps(client, cast) == []


@pytest.mark.parametrize(("days", "pending"), [(1, True), (-1, False)])
def test_an_invitation_is_pending_until_it_is_accepted(client, cast, days, pending):
    cast.workspace.memberships.exclude(user=cast.anna).delete()
    connect(cast, test_sent_at=now(), seen_at=now())
    cast.workspace.invitations.create(
        email="new@northwind.example", role="viewer", number="1",
        expires_at=now() + timedelta(days=days),
    )  # fmt: skip
    client.force_login(cast.anna)

    assert ("Give a colleague access", False) in steps(client, cast)
    page = client.get(reverse("portal:overview", args=[cast.workspace.public_id]))
    assert ("1 invitation hasn't been accepted yet." in unescape(page.text)) is pending


def test_the_checklist_says_why_a_colleague_is_there_already(client, cast):
    connect(cast)
    client.force_login(cast.anna)

    assert ("Give a colleague access", True) in steps(client, cast)
    page = client.get(reverse("portal:overview", args=[cast.workspace.public_id]))
    assert "colleagues have joined." in page.text


def test_a_confirmation_of_a_key_that_segment_no_longer_knows_is_not_done(client, cast):
    cast.workspace.memberships.exclude(user=cast.anna).delete()
    seen = now() - timedelta(hours=1)
    connect(cast, test_sent_at=seen, seen_at=seen, known=False, known_at=now())
    client.force_login(cast.anna)

    assert steps(client, cast) == []  # the key comes first
