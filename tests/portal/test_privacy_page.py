"""The page on which the admins of a workspace erase a person."""

from __future__ import annotations

from html import unescape

import pytest
from django.urls import reverse

from streams.events.erasure.models import Erasure
from streams.events.erasure.tombstones import ERASED
from streams.events.models import Event
from streams.privacy import jobs
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _var(settings, tmp_path):
    """Erasures are also recorded in files."""
    settings.VAR_DIR = tmp_path


@pytest.fixture
def cast(client):
    made = factories.cast()
    client.force_login(made.anna)
    return made


def url(cast, page="privacy", *more):
    return reverse(f"portal:{page}", args=[cast.workspace.public_id, *more])


def fields(**changes) -> dict[str, str]:
    return {"kind": "user_id", "person": "ada", "confirm": "erase", **changes}


def test_a_person_is_erased_and_the_page_reports_it_without_the_person(client, cast):
    factories.append(cast.feed, userId="ada-l", event="Mail Sent")

    answer = client.post(url(cast, "privacy-erase"), fields(person="ada-l"))
    jobs.work(lambda: False)

    assert answer.url == url(cast)
    page = client.get(url(cast)).text
    assert "Complete" in page
    assert "ada-l" not in page
    assert Event.objects.get(feed=cast.feed).type == ERASED


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"confirm": "yes"}, "Enter “erase”"),
        ({"person": ""}, "required"),
        ({"kind": "email"}, "can't identify a person"),
    ],
)
def test_a_mistake_is_explained_and_erases_nothing(client, cast, changes, said):
    page = client.post(url(cast, "privacy-erase"), fields(**changes))

    assert said in unescape(page.text)
    assert not Erasure.objects.exists()


def test_the_page_of_an_erased_event_has_only_its_number(client, cast):
    factories.append(cast.feed, userId="ada", event="Mail Sent")
    factories.erasure(cast.feed)
    jobs.work(lambda: False)

    page = client.get(url(cast, "event", 1)).text

    assert "The data of this event was erased" in page
    assert "Mail Sent" not in page
    assert client.get(url(cast, "event-json", 1)).status_code == 404
    assert "Erased" in client.get(url(cast, "events")).text


def test_an_erased_event_lists_the_attempts_that_had_it_for_certain(client, cast):
    live = factories.cursor(factories.connection(cast.feed))
    factories.append(cast.feed, 3, userId="ada")
    factories.delivered(live, 3)
    # Of another three, the second one was erased before.
    factories.append(cast.feed, 3, userId="ada")
    factories.delivery(live, 4, 6, events=2)
    factories.erasure(cast.feed)
    jobs.work(lambda: False)

    shown = [client.get(url(cast, "event", n)).context["attempts"] for n in (2, 5)]

    assert [len(attempts) for attempts in shown] == [1, 0]


def test_the_id_of_one_tool_erases_no_one_in_another_stream(client, cast):
    other = factories.feed(factories.stream(cast.partner), cast.workspace)
    for feed in (cast.feed, other):
        factories.append(feed, userId="x", context={f"{feed.stream.slug}Id": "7"})
    chosen = {"stream": cast.stream.slug}
    path = reverse(
        "portal:privacy-erase", args=[cast.workspace.public_id], query=chosen
    )

    client.post(path, fields(kind="tool_id", person="7"))
    jobs.work(lambda: False)

    [erased] = Event.objects.filter(type=ERASED)
    assert erased.feed_id == cast.feed.pk


def test_the_page_says_how_long_data_of_people_is_kept(client, cast):
    cast.stream.retention_days = 45
    cast.stream.save()

    assert "45 days" in client.get(url(cast)).text
