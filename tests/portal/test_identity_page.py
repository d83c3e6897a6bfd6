"""The page “Identity”: look up a person, and decide between two userIds."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.identity.identifiers import Identifier, IdentifierKind
from streams.identity.links import IdentityFact, Origin, learn
from streams.identity.models import Conflict, Link, OriginKind
from streams.observability.user_id_lookups.models import LookupDay
from tests import factories

pytestmark = pytest.mark.django_db

Kind = IdentifierKind
KIM = Identifier(kind=Kind.EMAIL, value="Kim@Example.com")
KIM_IN_TOOL = Identifier(kind=Kind.TOOL_ID, value="c-17")
KIM_OUTSIDE = Identifier(kind=Kind.EXTERNAL_ID, value="x-1", type="crm_id")
FROM_SEGMENT = Origin(OriginKind.INBOUND, "proj-1", "msg-1")


def learned(feed, user_id, *identifiers, origin=FROM_SEGMENT):
    fact = IdentityFact(
        user_id=user_id, identifiers=identifiers, at=factories.NOW, origin=origin
    )
    learn(feed.pk, [fact])


@pytest.fixture
def page(cast):
    return reverse("portal:identity", args=[cast.workspace.public_id])


@pytest.fixture
def conflict(cast):
    learned(cast.feed, "user-1", KIM)
    learned(cast.feed, "user-2", KIM, origin=Origin(OriginKind.API))
    return Conflict.objects.get()


def looked_up(client, page, kind, value, **more):
    response = client.post(page, {"kind": kind, "person": value, **more})
    assert response.status_code == 200
    return response


def user_id_in(response) -> str | None:
    found = re.search(r'<code id="person-user-id">(.*?)</code>', response.text)
    return found and found[1]


@pytest.mark.parametrize(
    ("kind", "value", "more"),
    [
        ("email", " kim@EXAMPLE.com ", {}),
        ("tool_id", "c-17", {}),
        ("external_id", "x-1", {"type": "crm_id"}),
        ("external_id", "x-1", {"type": "CRM_ID"}),
        ("user_id", "User 1 ", {}),
    ],
)
def test_a_person_is_found_by_each_identifier_and_the_user_id(
    as_bob, page, cast, kind, value, more
):
    learned(cast.feed, "User 1 ", KIM, KIM_IN_TOOL, KIM_OUTSIDE)

    response = looked_up(as_bob, page, kind, value, **more)

    assert user_id_in(response) == "User 1 "
    for text in ("Email", "ID in the tool", "crm_id", "Event from Segment", "msg-1"):
        assert text in response.text


@pytest.mark.parametrize(
    ("kind", "value"), [("email", "lee@example.com"), ("user_id", "user 1")]
)
def test_an_unknown_person_is_not_found(as_bob, page, cast, kind, value):
    learned(cast.feed, "User 1", KIM)

    response = looked_up(as_bob, page, kind, value)

    assert user_id_in(response) is None
    assert "No link found" in response.text


def test_people_of_another_workspace_are_not_found(as_bob, page):
    learned(factories.feed(), "user-1", KIM)

    assert "No link found" in looked_up(as_bob, page, "email", KIM.value).text


@pytest.mark.parametrize(("kind", "value"), [("email", "kim"), ("phone", "12")])
def test_a_value_that_cannot_identify_anyone_is_explained(as_bob, page, kind, value):
    response = looked_up(as_bob, page, kind, value)

    assert "This value can&#x27;t identify a person. Check its format." in response.text
    assert "No link found" not in response.text


def test_the_latest_events_of_the_person_are_listed(as_bob, page, cast):
    learned(cast.feed, "user-1", KIM)
    [mine] = factories.append(cast.feed, now=now(), userId="user-1")
    [other] = factories.append(cast.feed, now=now(), userId="user-2")

    text = looked_up(as_bob, page, "email", KIM.value).text

    workspace = cast.workspace.public_id
    assert reverse("portal:event", args=[workspace, mine]) in text
    assert reverse("portal:event", args=[workspace, other]) not in text


def test_a_link_shows_its_history(as_bob, page, cast, conflict, client):
    client.force_login(cast.alice)
    client.post(decide_path(cast, conflict), decision(client, page, "replace"))
    client.force_login(cast.bob)

    text = looked_up(client, page, "user_id", "user-2").text

    history = text[text.index('id="history"') : text.index('id="latest"')]
    assert re.findall(r"(Added|Replaced): Email", history) == ["Replaced", "Added"]
    assert history.index("user-2") < history.index("user-1")


def test_a_look_up_leaves_nothing_in_the_page_of_a_later_get(as_bob, page, cast):
    learned(cast.feed, "user-1", KIM)
    looked_up(as_bob, page, "email", KIM.value)

    text = as_bob.get(f"{page}?kind=email&person={KIM.value}").text

    assert KIM.value not in text
    assert "person-user-id" not in text


def decide_path(cast, conflict):
    args = [cast.workspace.public_id, conflict.pk]
    return reverse("portal:identity-decide", args=args)


def decision(client, page, choice: str) -> dict[str, str]:
    """Return the form of the only conflict on the page."""
    found = re.search(r'name="seen" value="(\w+)"', client.get(page).text)
    assert found
    return {"seen": found[1], "decision": choice}


def test_a_conflict_is_listed_until_an_editor_keeps_the_user_id(
    as_alice, page, cast, conflict
):
    assert "user-2" in as_alice.get(page).text
    form = decision(as_alice, page, "keep")

    response = as_alice.post(decide_path(cast, conflict), form, follow=True)

    assert "Conflict closed. The link keeps its userId." in response.text
    assert "There are no open conflicts." in response.text
    assert Link.objects.get().user_id == "user-1"
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor) == ("identity.kept", cast.alice)


def test_an_editor_uses_the_other_user_id(as_alice, page, cast, conflict):
    form = decision(as_alice, page, "replace")

    response = as_alice.post(decide_path(cast, conflict), form, follow=True)

    assert "The link now has the other userId." in response.text
    assert user_id_in(looked_up(as_alice, page, "email", KIM.value)) == "user-2"


def test_a_decision_about_a_changed_link_is_refused(as_alice, page, cast, conflict):
    form = decision(as_alice, page, "replace")
    Conflict.objects.update(kept="user-3")

    response = as_alice.post(decide_path(cast, conflict), form, follow=True)

    assert "The link has changed meanwhile." in response.text
    assert Link.objects.get().user_id == "user-1"


def test_a_viewer_sees_conflicts_without_buttons(as_bob, page, conflict):
    text = as_bob.get(page).text

    assert "user-2" in text
    assert "Use other" not in text


def test_a_conflict_of_another_workspace_is_not_found(as_alice, cast):
    other = factories.feed()
    learned(other, "user-1", KIM)
    learned(other, "user-2", KIM)
    foreign = Conflict.objects.get()

    response = as_alice.post(decide_path(cast, foreign), {"decision": "keep"})

    assert response.status_code == 404


def test_an_unknown_decision_is_not_found(as_alice, cast, conflict):
    response = as_alice.post(decide_path(cast, conflict), {"decision": "both"})

    assert response.status_code == 404


def test_the_page_takes_as_many_queries_with_many_conflicts(
    as_bob, page, cast, conflict, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        as_bob.get(page)
    for number in range(5):
        learned(cast.feed, f"other-{number}", KIM)

    with django_assert_num_queries(len(one)):
        as_bob.get(page)


def test_the_overview_counts_links_and_open_conflicts(as_bob, cast, conflict):
    learned(cast.feed, "user-3", KIM_IN_TOOL, KIM_OUTSIDE)

    text = as_bob.get(reverse("portal:overview", args=[cast.workspace.public_id])).text

    assert 'aria-label="3 identity links"' in text
    assert 'aria-label="1 open conflict of userIds"' in text


def test_the_overview_of_a_feed_without_links_says_nothing_about_them(as_bob, cast):
    text = as_bob.get(reverse("portal:overview", args=[cast.workspace.public_id])).text

    assert "identity links" not in text


def test_the_overview_says_how_userids_were_found_and_how_many_were_not(as_bob, cast):
    day, feed = now().date(), cast.feed
    for result, count in ((IdentifierKind.EMAIL, 1_200), (LookupDay.UNRESOLVED, 1)):
        LookupDay.objects.create(day=day, feed=feed, result=result, count=count)

    text = as_bob.get(reverse("portal:overview", args=[cast.workspace.public_id])).text

    assert 'aria-label="1,200 events whose userId was found"' in text
    assert "last 30 days, by: Email 1,200" in text
    assert 'aria-label="1 event whose userId wasn\'t found"' in text
    assert "identity links" not in text
