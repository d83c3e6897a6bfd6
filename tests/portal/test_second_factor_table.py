"""Every URL x person x second factor x impersonation, of the portal and of the admin.

test_access.py and test_impersonation.py have every person in a session that passed a second
factor. Here is what the other sessions get: the page that asks for a factor, or the same.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from enum import StrEnum

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.test import Client
from django.urls import reverse

from streams.base.clock import now
from tests import factories
from tests.portal.access_table import PEOPLE, ROWS, SIGN_IN, Row, routes, set_scene

pytestmark = pytest.mark.django_db

ASKED = "asked for a second factor"
SETUP, LOGIN = "/accounts/2fa/required/", "/accounts/login/"
REASON = "A customer asked why events are missing."


class Factor(StrEnum):
    """The second factor of a session."""

    NONE = "none"
    ENROLLED = "enrolled, but not used in this session"
    TRUSTED = "skipped, because the browser is trusted"
    PASSED = "passed"


# The authentication records of a session, as allauth writes them at each step of a sign-in.
RECORDS: dict[Factor, list[dict[str, str]]] = {
    Factor.NONE: [],
    Factor.ENROLLED: [],
    Factor.TRUSTED: [{"method": "mfa", "type": "trusted"}],
    Factor.PASSED: [{"method": "mfa", "type": "totp"}],
}
WITHOUT = (Factor.NONE, Factor.ENROLLED)
MUST = {"petra", "rita"}  # admins of a partner
OF_WORKSPACE = ("w/<public_id>/", "notifications/w/<public_id>/")
OF_CUSTOMER = "p/<slug:slug>/workspaces/<public_id>/"
# People whom the workspace's own requirement concerns: they may open at least one page.
INSIDERS = ("bob", "alice", "anna", "sam", "dev")
# Pages that don't depend on a session, such as those for signing in.
OPEN = ("sitemap.xml", "robots.txt")
PROBES = ("healthz", "readyz")
ADMIN = sorted(route for route in routes() if route.startswith("admin/"))


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield set_scene()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def sessions(scene) -> dict[tuple[str, Factor], str]:
    """The cookies of each person with each factor."""
    return {
        (name, factor): cookies(session_of(scene.person(name), factor))
        for name in (*PEOPLE[1:], "olga")
        for factor in Factor
    }


@pytest.fixture(scope="module")
def views(scene) -> dict[Factor, str]:
    """The cookies of an operator who views the portal as Bob, with each factor."""
    found = {}
    for factor in Factor:
        client = session_of(scene.cast.olga, Factor.PASSED)
        start = reverse("admin:impersonation_start", args=[scene.cast.bob.pk])
        client.post(start, {"reason": REASON})
        found[factor] = cookies(with_factor(client, factor))
    return found


@pytest.fixture(autouse=True)
def _plain_http(settings, segment):
    settings.SECURE_SSL_REDIRECT = False
    settings.SANDBOX_URL = segment.url


def session_of(person, factor: Factor) -> Client:
    client = Client()
    client.force_login(person)
    return with_factor(client, factor)


def with_factor(client: Client, factor: Factor) -> Client:
    session, at = client.session, time.time()
    records = [{"method": "password"}, *RECORDS[factor]]
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{**one, "at": at} for one in records]
    session.save()
    return client


def cookies(client: Client) -> str:
    return client.cookies.output(attrs=[], header="", sep=";")


def get(cookie: str, row: Row, url: str) -> object:
    """Return what the session gets; the changes of the request are rolled back."""
    client = Client()
    client.cookies.load(cookie)
    with transaction.atomic():
        response = getattr(client, row.method)(url, row.data, **row.options)
        transaction.set_rollback(True)
    to = response.headers.get("Location", "")
    if to.startswith(SETUP):
        return ASKED
    return SIGN_IN if to.startswith(LOGIN) else response.status_code


def is_open(row: Row) -> bool:
    return row.route in OPEN or row.route.startswith("docs/")


def expected(row: Row, name: str, factor: Factor) -> object:
    """Return what the table says, or that a factor is asked for."""
    if name in MUST and factor in WITHOUT and not is_open(row):
        return ASKED
    return row.gets[PEOPLE.index(name)]


@pytest.fixture
def enrolled(scene) -> Iterator[None]:
    """Everyone has an app; only with it can a session be anything but without a factor."""
    people = [scene.person(name) for name in (*PEOPLE[1:], "olga")]
    with transaction.atomic():
        Authenticator.objects.bulk_create(
            Authenticator(user=person, type=Authenticator.Type.TOTP, data={})
            for person in people
        )
        yield
        transaction.set_rollback(True)


PORTAL = [
    row
    for row in ROWS
    if not row.route.startswith("accounts/") and row.route not in PROBES
]
# Each of these sessions is at each page; no other session gets something else.
ENROLLED = [
    ("petra", Factor.ENROLLED), ("rita", Factor.ENROLLED), ("petra", Factor.TRUSTED),
]  # fmt: skip
NOT_ENROLLED = [("petra", Factor.NONE), ("rita", Factor.NONE), ("bob", Factor.NONE)]


@pytest.mark.parametrize("row", PORTAL, ids=str)
def test_a_page_opens_or_asks_for_the_factor_of_a_role(row, scene, sessions, enrolled):
    url = scene.url(row)

    got = {key: get(sessions[key], row, url) for key in ENROLLED}

    assert got == {key: expected(row, *key) for key in ENROLLED}


@pytest.mark.parametrize("row", PORTAL, ids=str)
def test_a_person_without_any_factor_gets_the_same(row, scene, sessions):
    url = scene.url(row)

    got = {key: get(sessions[key], row, url) for key in NOT_ENROLLED}

    assert got == {key: expected(row, *key) for key in NOT_ENROLLED}


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.route.startswith(OF_WORKSPACE)], ids=str
)
def test_a_workspace_that_requires_a_factor_asks_everyone(row, scene, sessions):
    workspace, url = scene.cast.workspace, scene.url(row)
    asked = [("bob", Factor.NONE), *((name, Factor.ENROLLED) for name in INSIDERS)]

    with transaction.atomic():
        type(workspace).objects.update(second_factor_required_at=now())
        got = {key: get(sessions[key], row, url) for key in asked}
        outsider = get(sessions["charlie", Factor.NONE], row, url)
        trusted = get(sessions["bob", Factor.TRUSTED], row, url)
        transaction.set_rollback(True)

    assert set(got.values()) == {ASKED}
    assert outsider == 404
    assert trusted == expected(row, "bob", Factor.TRUSTED)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.route.startswith(OF_CUSTOMER)], ids=str
)
def test_such_a_workspace_asks_its_partner_on_the_partners_own_pages(
    row, scene, sessions
):
    workspace, url = scene.cast.workspace, scene.url(row)

    with transaction.atomic():
        type(workspace).objects.update(second_factor_required_at=now())
        got = get(sessions["dev", Factor.ENROLLED], row, url)
        trusted = get(sessions["dev", Factor.TRUSTED], row, url)
        transaction.set_rollback(True)

    assert got == ASKED
    assert trusted == expected(row, "dev", Factor.TRUSTED)


@pytest.mark.parametrize("row", PORTAL, ids=str)
def test_an_operator_views_the_portal_as_a_user_only_with_a_factor(row, scene, views):
    url = scene.url(row)
    # test_impersonation.py has the sessions that passed it.
    factors = (Factor.NONE, Factor.ENROLLED, Factor.TRUSTED)

    got = {get(views[factor], row, url) for factor in factors}

    assert (got == {ASKED}) != is_open(row)


@pytest.mark.parametrize("row", [row for row in ROWS if row not in PORTAL], ids=str)
def test_pages_for_signing_in_and_for_adding_a_factor_and_probes_stay_open(
    row, scene, sessions
):
    url = scene.url(row)

    got = get(sessions["petra", Factor.NONE], row, url)

    assert got != ASKED


@pytest.mark.parametrize("route", ADMIN)
def test_the_admin_opens_only_to_operators_who_passed_a_factor(route, scene, sessions):
    row = Row(route=route, gets=())
    url = "/" + admin_path(route, scene.cast.bob.pk)

    got = {factor: get(sessions["olga", factor], row, url) for factor in Factor}
    member = get(sessions["bob", Factor.PASSED], row, url)

    assert got.pop(Factor.PASSED) not in (ASKED, SIGN_IN)
    assert set(got.values()) == {ASKED}
    assert member in (301, 302, 403, 404)


def admin_path(route: str, pk: int) -> str:
    """Fill in the parts of a route that vary; a row of that ID may not exist."""
    path = route.replace("<path:object_id>", str(pk)).replace("<path:rest>", "")
    for name in (
        "<id>",
        "<int:pk>",
        "<int:user_id>",
        "<int:seq>",
        "<int:content_type_id>",
    ):
        path = path.replace(name, str(pk))
    return path


def test_the_table_has_every_url_and_person():
    tested = {row.route for row in ROWS} | set(ADMIN)

    assert set(routes()) == tested
    assert {*MUST, *INSIDERS, "charlie"} == set(PEOPLE[1:])
    assert factories.Cast.__annotations__["olga"]
