"""Erasures through the API."""

from __future__ import annotations

import pytest

from streams.events.erasure.models import Erasure
from streams.privacy import jobs
from tests import factories
from tests.api.test_replays import Api, refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _var(settings, tmp_path):
    """Erasures are also recorded in files."""
    settings.VAR_DIR = tmp_path


@pytest.fixture
def feed():
    return factories.feed()


@pytest.fixture
def api(client, feed):
    return Api(client, feed.stream)


@pytest.fixture
def path(feed):
    return f"/api/v1/workspaces/{feed.workspace.external_id}/privacy/erasures"


@pytest.mark.parametrize(
    "person", [{"userId": "ada"}, {"email": "ADA@example.com"}, {"id": "t-1"}]
)
def test_a_person_is_erased_and_the_report_names_no_one(api, path, feed, person):
    context = {
        f"{feed.stream.slug}Id": "t-1",
        "traits": {"email": "ada@example.com"},
    }
    factories.append(feed, userId="ada", context=context)
    factories.append(feed, userId="bob")

    answer = api.post(path, person)
    jobs.work(lambda: False)

    assert answer.status_code == 202
    started = answer.json()["erasure"]
    assert (started["status"], started["events"]) == ("running", 0)
    [shown] = api.get(path).json()["erasures"]
    assert shown["id"] == started["id"]
    assert (shown["status"], shown["events"]) == ("complete", 1)
    assert "ada" not in str(shown)


@pytest.mark.parametrize(
    "person",
    [
        {},
        {"userId": ""},
        {"userId": 7},
        {"userId": "ada", "email": "bob@example.com"},
        {"email": "no address"},
        {"name": "Ada"},
    ],
)
def test_a_request_that_names_no_one_or_two_people_is_refused(api, path, person):
    assert refused(api.post(path, person)) == (400, "API-FIELD-001")
    assert not Erasure.objects.exists()


def test_a_workspace_of_another_stream_is_not_found(client, path):
    other = Api(client, factories.stream())

    assert other.post(path, {"userId": "ada"}).status_code == 404
    assert other.get(path).status_code == 404
