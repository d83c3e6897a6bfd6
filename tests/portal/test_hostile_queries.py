"""Unexpected query strings break no page and no list of the admin."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.admin.registered_models import registered
from tests.portal.access_table import ROWS, Scene, set_scene

pytestmark = pytest.mark.django_db

HUGE = "9" * 40
VALUES = ("a%00b", HUGE, "-1", "%ff")
# Parameters of the portal's own pages and of Django's lists.
NAMES = ("q", "page", "before", "name", "type", "user_id", "since", "until", "stream", "from", "to",
    "first", "last", "rule", "test", "count", "ids", "category", "event", "version", "next",
    "o", "p", "all", "e", "outcome", "status", "waits", "workspace", "connection", "period", "queue", "expiring",
    "halt", "partner", "action", "deleted",
    "min_ms", "error", "attempt", "range",
    "is_test__exact", "id__exact", "pk__in", "stage__exact", "region__exact",
    "created_at__gte", "connection__region__exact", "kind__exact", "_facets")  # fmt: skip


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker) -> Iterator[Scene]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield set_scene()
        transaction.set_rollback(True)


def queries() -> Iterator[str]:
    """Return a query string with the same value in all parameters."""
    for value in VALUES:
        yield "&".join(f"{name}={value}" for name in NAMES)


def status(client: Client, url: str, query: str) -> int:
    client.raise_request_exception = False
    with transaction.atomic():
        response = client.get(url, query_params=None, QUERY_STRING=query)
        transaction.set_rollback(True)
    return response.status_code


def broken(client: Client, urls: list[str]) -> list[tuple[str, str, int]]:
    asked = [(url, query) for url in urls for query in queries()]
    found = ((url, query, status(client, url, query)) for url, query in asked)
    return [(url, query[:60], code) for url, query, code in found if code >= 500]


def test_no_list_of_the_admin_breaks_because_of_a_query_string(scene):
    client = Client()
    client.force_login(scene.cast.olga)
    urls = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in registered()
    ]
    urls += [
        reverse(f"admin:streams_feed_{page}", args=[scene.cast.feed.pk])
        for page in ("events", "quarantine")
    ]

    assert broken(client, urls) == []


@pytest.mark.parametrize("name", ["anna", "petra"])
def test_no_page_breaks_because_of_a_query_string(scene, name):
    client = Client()
    client.force_login(scene.person(name))
    allowed = [row for row in ROWS if row.method == "get" and row.data == {}]

    assert broken(client, [scene.url(row) for row in allowed]) == []


@pytest.mark.parametrize(
    "path", ["/w/%00/", "/p/%00/", "/docs/%00/", "/invitations/%00/", "/admin/%00/"]
)
def test_a_page_with_a_null_character_in_its_address_does_not_exist(client, path):
    assert client.get(path).status_code in (302, 404, 410)


def test_a_search_for_a_null_character_finds_nothing(client):
    feed = factories.feed()
    factories.append(feed, 1)
    client.force_login(factories.member(feed.workspace))

    page = client.get(
        f"/w/{feed.workspace.public_id}/events/", QUERY_STRING="user_id=a%00b"
    )

    assert page.status_code == 200
    assert "u-1" not in page.text


def test_a_session_with_a_null_character_is_ignored(client):
    page = client.get("/", HTTP_COOKIE='sessionid="a\\000b"')

    assert (page.status_code, page.url) == (302, "/accounts/login/?next=/")


def test_a_null_character_is_no_workspace_of_the_api(client):
    _, secret = factories.token()

    page = client.get(
        "/api/v1/replays?workspace=%00",
        headers={"Authorization": f"Bearer {secret.text}"},
    )

    assert page.status_code == 404
