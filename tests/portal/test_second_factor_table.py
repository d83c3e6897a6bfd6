"""Every page of a workspace that requires a second factor asks for one."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from streams.base.clock import now
from tests import factories
from tests.portal.access_table import ROWS, SIGN_IN, set_scene

pytestmark = pytest.mark.django_db

SETUP = "/accounts/2fa/required/"
OF_WORKSPACE = [
    row
    for row in ROWS
    if row.route.startswith(("w/<public_id>/", "notifications/w/<public_id>/"))
]
ROLES = {"charlie": 1, "bob": 3, "alice": 4, "anna": 5, "sam": 6, "dev": 7}


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        scene = set_scene()
        require(scene.cast.workspace)
        yield scene
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def without_factor(scene) -> dict[str, str]:
    """The cookies of people who signed in with a password alone."""
    return {
        name: sign_in(scene.person(name)).cookies.output(attrs=[], header="", sep=";")
        for name in ROLES
    }


@pytest.fixture(autouse=True)
def _plain_http(settings, segment):
    settings.SECURE_SSL_REDIRECT = False
    settings.SANDBOX_URL = segment.url


def require(workspace) -> None:
    workspace.second_factor_required_at = now()
    workspace.save(update_fields=["second_factor_required_at"])


def sign_in(person) -> Client:
    client = Client()
    form = {"login": person.email, "password": factories.PASSWORD}
    client.post(reverse("account_login"), form)
    return client


@pytest.mark.parametrize("row", OF_WORKSPACE, ids=str)
def test_no_page_of_the_workspace_opens_without_a_factor(row, scene, without_factor):
    url = scene.url(row)

    for name, place in ROLES.items():
        client = Client()
        client.cookies.load(without_factor[name])
        with transaction.atomic():
            response = getattr(client, row.method)(url, row.data, **row.options)
            transaction.set_rollback(True)
        if row.gets[place] == 404 and name == "charlie":
            assert response.status_code == 404, name
        else:
            assert response.status_code == 302, name
            assert response.url.startswith(SETUP), name


def test_the_table_has_people_of_all_roles():
    row = OF_WORKSPACE[0]

    assert row.gets[0] == SIGN_IN
    assert [row.gets[place] for place in ROLES.values()] == [404, *[200] * 5]
