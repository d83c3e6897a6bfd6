"""Operators search for the events of a person across all partners."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from streams.audit.models import AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def feeds():
    """Two feeds of different partners with events of Ada, and one without."""
    found = [factories.feed() for _ in range(3)]
    for feed in found[:2]:
        traits = {"email": "ada@example.com"}
        factories.append(feed, userId="ada-1", context={"traits": traits})
        factories.append(feed, userId="bob-2")
    factories.append(found[2], userId="bob-2")
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ada@example.com", "Find events of <code>ada@example.com</code></a>"),
        ("ada-1", "Find events with the user ID <code>ada-1</code></a>"),
    ],
)
def test_a_search_for_a_person_leads_to_their_events_in_one_click(
    staff, feeds, text, expected
):
    searched = staff.get(reverse("admin:search"), {"q": text})
    _field, url = searched.context["person"][0]

    page = staff.get(url)

    assert expected in searched.text
    assert {(feed.pk, event.seq) for feed, event, *_ in page.context["rows"]} == {
        (feed.pk, 1) for feed in feeds[:2]
    }
    assert "Searched 5 events." in page.text
    assert "2 matches on this page." in page.text


def test_the_help_fits_an_email_that_was_typed(staff):
    page = staff.get(reverse("admin:search"), {"q": "lost@example.com"})

    assert "If you searched for a person" in page.text
    assert "If you searched for a messageId" not in page.text
    assert "Nothing matches" not in page.text
    assert "To find events with it, use the button above." in page.text


def test_a_search_continues_where_its_last_step_stopped(staff):
    feed = factories.feed()
    factories.append(feed, 60, userId="ada-1")
    url = reverse("admin:search-events")

    first = staff.get(url, {"user_id": "ada-1"})
    second = staff.get(f"{url}?{first.context['older']}")

    shown = [
        event.seq for page in (first, second) for _, event, *_ in page.context["rows"]
    ]
    assert shown == list(range(60, 0, -1))
    assert "Older events may match, too." in first.text
    assert second.context["older"] is None


def test_the_activity_log_names_each_workspace_whose_events_were_found(staff, feeds):
    staff.get(reverse("admin:search-events"), {"user_id": "ada-1"})

    opened = AuditEntry.objects.filter(action="support.events_opened")
    assert {entry.workspace_id for entry in opened} == {
        feed.workspace_id for feed in feeds[:2]
    }


def test_without_the_permission_to_view_events_no_one_finds_any(client):
    helper = factories.user(is_staff=True)
    allowed = Permission.objects.filter(codename__in=["view_feed", "view_user"])
    helper.user_permissions.set(allowed)
    client.force_login(helper)

    page = client.get(reverse("admin:search"), {"q": "ada@example.com"})
    refused = client.get(reverse("admin:search-events"), {"user_id": "ada-1"})

    assert page.context["person"] == []
    assert refused.status_code == 403


@pytest.mark.parametrize("query", [{"at": "x"}, {"at": "999."}, {"started": "soon"}])
def test_an_invalid_position_or_start_is_not_found(staff, feeds, query):
    page = staff.get(reverse("admin:search-events"), {"user_id": "ada-1", **query})

    assert page.status_code == 404


def test_a_key_is_never_offered_as_a_user_id(staff, feeds):
    hint = factories.ingest_key(feeds[0]).hint

    page = staff.get(reverse("admin:search"), {"q": hint})

    assert page.context["person"] == []
