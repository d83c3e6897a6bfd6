"""Suppressed people through the API."""

from __future__ import annotations

import pytest

from streams.audit.models import AuditEntry
from streams.identity.models import SuppressedPerson
from streams.identity.suppression.people import suppressed_people
from streams.identity.suppression.services import SuppressionScope, suppress
from tests import factories
from tests.api.test_replays import Api, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def feed():
    return factories.feed()


@pytest.fixture
def path(feed):
    return f"/api/v1/workspaces/{feed.workspace.external_id}/privacy/suppressions"


@pytest.fixture
def api(client, feed):
    return Api(client, feed.stream)


def has(feed, user_id):
    people = suppressed_people(feed.workspace_id, feed.pk)
    return people.have([user_id], [], is_anonymous=False)


def test_a_person_is_suppressed_and_can_be_suppressed_again(api, path, feed):
    first, again = (api.post(path, {"userId": "u-81"}) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    person = first.json()["person"]
    assert (person["scope"], person["origin"]) == ("stream", "api")
    assert has(feed, "u-81")


def test_the_list_has_people_of_the_stream_and_of_the_workspace(api, path, feed):
    other = factories.feed(workspace=feed.workspace)
    for scope in (None, feed, other):
        suppress(
            SuppressionScope(feed.workspace, scope),
            user_id="u-81",
            origin=SuppressedPerson.Origin.PAGE,
        )

    people = api.get(path).json()["suppressed"]

    assert [one["scope"] for one in people] == ["stream", "workspace"]
    assert "u-81" not in str(people)


def test_events_of_a_person_are_stored_again(api, path, feed):
    api.post(path, {"email": "ann@example.com"})

    removed = [
        api.post(f"{path}/remove", {"email": "Ann@example.com"}).json()["removed"]
        for _ in range(2)
    ]

    assert removed == [1, 0]
    assert not SuppressedPerson.objects.exists()


def test_a_person_of_the_whole_workspace_stays_suppressed(api, path, feed):
    suppress(
        SuppressionScope(feed.workspace),
        user_id="u-81",
        origin=SuppressedPerson.Origin.PAGE,
    )

    assert api.post(f"{path}/remove", {"userId": "u-81"}).json()["removed"] == 0
    assert has(feed, "u-81")


@pytest.mark.parametrize(
    "body",
    [{}, {"userId": 7}, {"userId": ""}, {"email": "x"}, {"userId": "u", "id": "7"}],
)
def test_a_body_that_names_no_one_or_two_people_is_refused(api, path, body):
    assert refused(api.post(path, body)) == (400, "API-FIELD-001")


def test_another_partner_has_no_access(client, path):
    stranger = Api(client, factories.stream())

    assert refused(stranger.post(path, {"userId": "u1"})) == (404, "API-WORKSPACE-001")


def test_the_activity_log_does_not_say_who_was_suppressed(api, path):
    api.post(path, {"userId": "u-81"})

    [entry] = AuditEntry.objects.filter(action="privacy.suppressed")
    assert "u-81" not in str(entry.detail)
