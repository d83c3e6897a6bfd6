"""An operator sees the portal as a user does, can't change anything, and leaves a record."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path, reverse

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.sign_in.impersonation import LASTS
from streams.tenancy.models import User, Workspace
from streams.web.session_limits import SEEN
from tests import factories
from tests.portal.access_table import PEOPLE, ROWS, Scene, set_scene

pytestmark = pytest.mark.django_db

USERS = PEOPLE[1:]
REASON = "A customer asked why events are missing."
PORTAL = (
    *("w/", "p/", "invitations/", "search/"),
    *("profile/", "inbox/", "notifications/", "unsubscribe/"),
)
# An export of the activity log writes an entry, so it counts as a change.
WRITES = ("w/<public_id>/activity/log.<form>", "p/<slug:slug>/activity/log.<form>")


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield set_scene()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def views(scene) -> dict[str, str]:
    """The cookies of one operator for each user, as whom the operator views the portal."""
    operator = factories.user(is_staff=True, is_superuser=True)
    return {name: cookies(begin(operator, scene.person(name))) for name in USERS}


@pytest.fixture(autouse=True)
def _plain_http(settings, segment):
    settings.SECURE_SSL_REDIRECT = False
    settings.SANDBOX_URL = segment.url


@pytest.fixture
def olga(admin_user):
    return admin_user


@pytest.fixture
def anna(scene):
    return scene.cast.anna


def begin(operator, user, reason=REASON):
    client = Client()
    client.force_login(operator)
    client.post(start_page(user), {"reason": reason})
    return client


def start_page(user):
    return reverse("admin:impersonation_start", args=[user.pk])


def cookies(client):
    return client.cookies.output(attrs=[], header="", sep=";")


def written(client, row, url):
    """Send the request; return the response and the tables that its statements changed."""
    changed = []

    def listen(execute, sql, params, many, context):
        found = execute(sql, params, many, context)
        first, *rest = sql.replace('"', "").split()
        if first in ("INSERT", "UPDATE", "DELETE"):
            changed.append(rest[0] if first == "UPDATE" else rest[1])
        return found

    with transaction.atomic():
        with connection.execute_wrapper(listen):
            response = getattr(client, row.method)(url, row.data, **row.options)
        transaction.set_rollback(True)
    return response, set(changed) - {"django_session", "streams_auditentry"}


def last_use(cookie):
    client = Client()
    client.cookies.load(cookie)
    return client.session[SEEN]


def expected(row, place):
    """Return what the operator gets in place of this user."""
    if row.route.startswith("accounts/") and row.route != "accounts/logout/":
        return 403
    if row.route == "readyz/details":  # a page of operators, not of the portal
        return 200
    of_portal = not row.route or row.route.startswith(PORTAL)
    gets = row.gets[place]
    if row.route in WRITES and gets == 200:
        return 403
    return 403 if of_portal and row.method == "post" else gets


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_operator_sees_the_users_pages_and_changes_nothing(
    row, scene: Scene, views, time_machine
):
    # A session that is noted as used would be saved, which a refused write makes impossible
    # here: unlike a real request, it is part of the test's transaction.
    time_machine.move_to(max(last_use(cookie) for cookie in views.values()), tick=False)
    url = scene.url(row)

    for place, name in enumerate(PEOPLE):
        if name in views:
            client = Client()
            client.cookies.load(views[name])
            response, changed = written(client, row, url)
            assert response.status_code == expected(row, place), name
            assert changed == set(), name


def test_each_page_says_whose_view_it_is_and_how_to_stop(olga, anna):
    client = begin(olga, anna)
    workspace = anna.workspace_memberships.get().workspace

    page = client.get(f"/w/{workspace.public_id}/")

    assert f"<strong>{anna.email}</strong>" in page.text
    assert f'action="{reverse("admin:impersonation_end")}"' in page.text


def test_the_operator_goes_back_to_the_users_page_in_the_admin(olga, anna):
    client = begin(olga, anna)

    back = client.post(reverse("admin:impersonation_end"), follow=True)

    assert back.request["PATH_INFO"] == reverse(
        "admin:streams_user_change", args=[anna.pk]
    )
    assert f"You no longer view the portal as {anna.email}." in back.text
    assert client.get("/").url == reverse("admin:index")  # Olga's own home page


def test_the_start_the_places_seen_and_the_end_are_recorded_once(olga, anna):
    client = begin(olga, anna)
    membership = anna.workspace_memberships.get()
    for _ in range(2):
        client.get(f"/w/{membership.workspace.public_id}/")
    client.get("/w/unknown/")
    client.post(reverse("admin:impersonation_end"))

    entries = AuditEntry.objects.filter(actor=olga)
    assert [*entries.order_by("pk").values_list("action", "actor", "workspace")] == [
        ("impersonation.started", olga.pk, None),
        ("impersonation.viewed", olga.pk, membership.workspace_id),
        ("impersonation.ended", olga.pk, None),
    ]
    assert entries.filter(detail__reason=REASON).count() == 1


def test_it_ends_after_its_time(olga, anna, time_machine):
    client = begin(olga, anna)
    time_machine.move_to(now() + LASTS + timedelta(seconds=1), tick=False)

    page = client.get("/", follow=True)

    assert page.request["PATH_INFO"] == reverse("admin:streams_user_changelist")
    assert "You no longer view the portal as another user." in page.text
    assert AuditEntry.objects.filter(action="impersonation.ended").exists()


def test_it_ends_when_the_operator_is_no_longer_a_superuser(olga, anna):
    client = begin(olga, anna)
    User.objects.filter(pk=olga.pk).update(is_superuser=False)

    assert client.get("/").status_code == 302
    assert AuditEntry.objects.filter(action="impersonation.ended").exists()


@pytest.mark.parametrize(
    "who", [{"is_staff": True}, {"is_active": False}, {"is_superuser": True}]
)
def test_some_users_have_no_view_for_others(olga, who):
    user = factories.user(**who)
    client = begin(olga, user)

    assert client.get(start_page(user)).status_code == 403
    assert not AuditEntry.objects.filter(actor=olga).exists()
    page = client.get(reverse("admin:streams_user_change", args=[user.pk]))
    assert start_page(user) not in page.text


def test_operators_with_fewer_permissions_cannot_start(anna, django_user_model):
    helper = factories.user(is_staff=True)
    client = Client()
    client.force_login(helper)

    assert client.post(start_page(anna), {"reason": REASON}).status_code == 403


def test_it_needs_a_reason(olga, anna):
    client = begin(olga, anna, reason="")

    assert client.get("/").url == reverse("admin:index")  # Olga's own home page
    assert "This field is required." in client.post(start_page(anna), {}).text


def rename_all(_request):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE \"streams_workspace\" SET name = 'Renamed'")
    return HttpResponse()


# A portal page that writes on GET, beside all others.
_careless = include(([path("", rename_all)], "portal"))
urlpatterns = [
    path("careless/", include(([path("", _careless)], "more"))),
    path("", include("streams.urls")),
]


def test_a_page_that_would_write_is_refused(olga, anna, settings):
    settings.ROOT_URLCONF = __name__
    client = begin(olga, anna)

    page = client.get("/careless/")

    assert page.status_code == 403
    assert f"You view the portal as {anna.email}" in page.text
    assert not Workspace.objects.filter(name="Renamed").exists()
    client.post(reverse("admin:impersonation_end"))
    assert client.get("/careless/").status_code == 200
    assert Workspace.objects.filter(name="Renamed").exists()


def test_the_admin_stays_the_operators_own(olga, anna):
    client = begin(olga, anna)

    page = client.get(reverse("admin:index"))

    assert page.status_code == 200
    assert page.wsgi_request.user == olga


def test_signing_out_signs_the_operator_out(olga, anna):
    client = begin(olga, anna)

    client.post(reverse("account_logout"))

    assert client.get("/").url.startswith(reverse("account_login"))


def test_the_operator_cannot_follow_the_button_that_starts_a_replay(olga, anna):
    workspace = anna.workspace_memberships.get().workspace

    page = begin(olga, anna).get(f"/w/{workspace.public_id}/replays/").text

    assert '<span class="button first" aria-disabled="true">New replay…</span>' in page
