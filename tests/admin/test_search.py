"""Operators search across all partners, for what their permissions let them see."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from streams.base.clock import now
from streams.tenancy.models import PartnerMembership, User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    feed = factories.feed(
        factories.stream(factories.partner(name="Postbox Inc"), name="Postbox"),
    )
    feed.workspace.name, feed.workspace.external_id = "Fern & Field", "fern-7"
    feed.workspace.save()
    factories.append(feed, 3, now=now())
    factories.append(feed, 1, now=now(), messageId="order-1")
    factories.append(factories.feed(), 2, now=now())
    factories.member(feed.workspace, "admin", "alice@fern.example")
    factories.connection(feed, write_key="SandboxTestWriteKey0000000000aB3d")
    return feed


def found(client, text):
    """Return the results of each kind, as texts with their URLs."""
    page = client.get(reverse("admin:search", query={"q": text}))
    groups = page.context["groups"]
    return {str(g.title): [(r.text, r.url) for r in g.results] for g in groups}


@pytest.mark.parametrize(
    ("text", "kind", "result"),
    [
        ("fern-7", "Workspaces", "Fern & Field"),
        ("fern", "Workspaces", "Fern & Field"),
        ("box inc", "Partners", "Postbox Inc"),
        ("POSTBOX", "Streams", "Postbox"),
        ("alice@fern.example", "Users", "alice@fern.example"),
        ("aB3d", "Connections", "…aB3d (Sandbox)"),
        ("order-1", "Events", "Fern & Field in Postbox: event 4"),
    ],
)
def test_a_search_finds_it_and_leads_to_its_page(staff, world, text, kind, result):
    [(shown, url)] = found(staff, text)[kind]

    assert shown == result
    assert staff.get(url).status_code == 200


def test_a_members_email_names_their_workspaces_and_partners(staff, world):
    alice = User.objects.get(email="alice@fern.example")
    PartnerMembership.objects.create(
        user=alice, partner=world.stream.partner, role="developer"
    )

    page = staff.get(reverse("admin:search", query={"q": "alice@fern.example"}))

    [group] = page.context["groups"]
    assert group.results[0].related == [
        (
            "Postbox Inc",
            reverse("admin:streams_partner_change", args=[world.stream.partner_id]),
        ),
        (
            "Fern & Field",
            reverse("admin:streams_workspace_change", args=[world.workspace_id]),
        ),
    ]


def test_a_workspace_and_a_connection_are_found_by_their_public_ids(staff, world):
    connection = world.connections.get()

    assert [*found(staff, world.workspace.public_id)] == ["Workspaces"]
    assert [*found(staff, connection.public_id)] == ["Connections"]


def test_an_event_leads_to_its_payload_in_one_click(staff, world):
    [(_, url)] = found(staff, "order-1")["Events"]

    assert "order-1" in staff.get(url).text


def test_an_event_in_quarantine_leads_to_its_feed(staff, world):
    [message_id] = factories.quarantined(world, now=now())

    [(shown, url)] = found(staff, message_id)["Events"]

    assert shown == "Fern & Field in Postbox: Email Opened in quarantine"
    assert url == reverse("admin:streams_feed_change", args=[world.pk])


def test_a_whole_write_key_is_neither_searched_nor_shown(staff, world):
    key = factories.WRITE_KEY

    page = staff.get(reverse("admin:search", query={"q": key}), follow=True)

    assert page.redirect_chain == [
        (reverse("admin:search", query={"q": key[-4:]}), 302)
    ]
    assert "never for all of it" in page.text
    assert key not in page.text


def test_a_refused_key_leads_to_its_feed_or_its_token(staff, world):
    ingest_key = factories.ingest_key(world)
    _token, secret = factories.token(world.stream)

    assert found(staff, ingest_key.hint) == {
        "Feeds": [(str(world), reverse("admin:streams_feed_change", args=[world.pk]))]
    }
    assert [*found(staff, f"{secret.hint}…")] == ["API tokens"]


def test_a_whole_ingest_key_is_neither_searched_nor_shown(staff, world):
    key = factories.ingest_key(world)

    page = staff.get(reverse("admin:search", query={"q": key.text}), follow=True)

    assert page.redirect_chain == [
        (reverse("admin:search", query={"q": key.hint}), 302)
    ]
    assert "never for all of it" in page.text
    assert key.text not in page.text


def test_more_than_ten_results_link_to_the_list(staff):
    partner = factories.partner()
    for number in range(11):
        factories.workspace(partner, name=f"Fern {number}")

    page = staff.get(reverse("admin:search", query={"q": "fern"}))

    [group] = page.context["groups"]
    assert len(group.results) == 10
    assert len(staff.get(group.all_url).context["cl"].result_list) == 11


def test_a_search_takes_the_same_queries_for_1_and_for_3(
    staff, django_assert_num_queries
):
    partner = factories.partner(name="Fern")
    factories.stream(partner, name="Fern")
    factories.workspace(partner, name="Fern")
    factories.user("fern@example.com")
    for _ in range(2):
        with django_assert_num_queries(14):
            staff.get(reverse("admin:search", query={"q": "fern"}))
        for number in range(2):
            factories.workspace(partner, name=f"Fern {number}")
            factories.user(f"fern{number}{_}@example.com")


@pytest.mark.parametrize(
    ("codenames", "kinds"),
    [
        ([], []),
        (["view_workspace"], ["Workspaces"]),
        (["view_user"], ["Users"]),
        (["view_feed"], []),
        (["view_feed", "view_event"], ["Events"]),
    ],
)
def test_operators_find_only_what_they_may_see(client, world, codenames, kinds):
    person = factories.user(is_staff=True, name="fern")
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(person)
    factories.append(world, 1, now=now(), messageId="fern")

    assert [*found(client, "fern")] == kinds


def test_every_page_has_the_search_box(staff, world):
    for url in (reverse("admin:index"), reverse("admin:streams_feed_changelist")):
        assert f'action="{reverse("admin:search")}"' in staff.get(url).text


def test_a_search_without_results_says_what_was_searched_and_where_to_look_next(staff):
    page = " ".join(staff.get(reverse("admin:search"), {"q": "lost-1"}).text.split())

    since = page.split("among those received since ")[1][:19]
    window = now() - datetime.fromisoformat(f"{since}+00:00")
    assert "Nothing matches <code>lost-1</code>." in page
    assert "Searched, for all partners: Events, Workspaces, Connections, Feeds" in page
    assert timedelta(hours=47) < window < timedelta(hours=49)
    for name in ("admin:streams_feed_changelist", "admin:streams_user_changelist"):
        assert f'href="{reverse(name)}"' in page
    assert "#follow-a-request" in page


def test_a_search_names_only_the_kinds_that_the_operator_may_see(client):
    helper = factories.user(is_staff=True)
    allowed = Permission.objects.filter(codename="view_partner")
    helper.user_permissions.set(allowed)
    client.force_login(helper)

    page = client.get(reverse("admin:search"), {"q": "lost-1"})

    assert "Events were searched" not in page.text
    assert page.context["searched"] == ["Partners"]


def test_a_person_who_signs_in_is_above_the_search_for_their_events(staff, world):
    user = factories.user()

    page = staff.get(reverse("admin:search", query={"q": user.email})).text

    own = reverse("admin:streams_user_change", args=[user.pk])
    events = reverse("admin:search-events")
    assert -1 < page.index(f'href="{own}"') < page.index(f'href="{events}?email=')
