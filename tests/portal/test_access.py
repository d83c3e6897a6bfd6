from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.portal.access_table import (
    HEADERS,
    PEOPLE,
    ROWS,
    SIGN_IN,
    Row,
    Scene,
    routes,
    set_scene,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker) -> Iterator[Scene]:
    """Rows for all tests; whatever a test changes is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield set_scene()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def sessions(scene) -> dict[str, str]:
    """The session cookies of each of PEOPLE."""
    cookies = {}
    for name in PEOPLE:
        client = Client()
        if (person := scene.person(name)) is not None:
            client.force_login(person)
        cookies[name] = client.cookies.output(attrs=[], header="", sep=";")
    return cookies


@pytest.fixture(autouse=True)
def sandbox(settings, segment) -> None:
    settings.SANDBOX_URL = segment.url


def test_the_table_has_every_url():
    listed = {row.route for row in ROWS}

    assert {route for route in routes() if not route.startswith("admin/")} == listed


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everyone_gets_what_the_table_says(row, scene, sessions):
    url = scene.url(row)

    got = tuple(answer(sessions, name, row, url) for name in PEOPLE)

    assert dict(zip(PEOPLE, got, strict=True)) == dict(
        zip(PEOPLE, row.gets, strict=True)
    )


def answer(sessions: dict[str, str], name: str, row: Row, url: str) -> object:
    """Return the status; the changes of the request are rolled back."""
    client = Client()
    client.cookies.load(sessions[name])
    with transaction.atomic():
        response = getattr(client, row.method)(url, row.data, **row.options)
        transaction.set_rollback(True)
    assert response.headers.keys() >= HEADERS
    if response.status_code == 302 and response.url.startswith(
        reverse("account_login")
    ):
        return SIGN_IN
    return response.status_code


def test_a_page_that_refreshes_a_part_without_a_session_stays_unchanged(scene, client):
    url = reverse("portal:overview-fresh", args=[scene.cast.workspace.public_id])

    response = client.get(url, headers={"HX-Request": "true"})

    assert (response.status_code, response.headers["HX-Trigger"]) == (204, "signed-out")


def test_a_low_role_sees_who_can_help(scene, client):
    client.force_login(scene.cast.bob)

    response = client.post(
        reverse("portal:connection-pause", args=[scene.cast.workspace.public_id])
    )

    assert "ask a workspace admin for the Editor role." in response.text


def test_no_page_of_a_signed_in_user_is_cached(scene, client):
    client.force_login(scene.cast.alice)

    response = client.get(
        reverse("portal:connection", args=[scene.cast.workspace.public_id])
    )

    assert "no-store" in response.headers["Cache-Control"]
