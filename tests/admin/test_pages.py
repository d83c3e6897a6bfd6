"""Every page of the admin: who can open it, and that it shows no secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils.text import capfirst

from streams.audit.models import AuditEntry
from streams.connections.models import Connection
from streams.delivery.connection import status
from streams.delivery.limits.models import Halt
from streams.delivery.models import Lease
from streams.events.data_loss.models import Generation
from streams.identity.models import Conflict, Link
from tests import factories
from tests.admin.registered_models import registered

pytestmark = pytest.mark.django_db

WEBHOOK_URL = "https://hooks.example.com/?key=s3cret-webhook-key"
WRITE_KEY = "AdminTestWriteKey000000000005678"


@dataclass(frozen=True)
class World:
    """A row of every kind, by the address of its page, and the secrets behind them."""

    rows: dict[str, int]
    secrets: list[str]


def rows_of(feed):
    conflict = factories.identity_conflict(feed)
    return {
        "conflict": conflict.pk,
        "erasure": factories.erasure(feed).pk,
        "feed": feed.pk,
        "link": conflict.link_id,
        "partner": feed.stream.partner_id,
        "stream": feed.stream_id,
        "workspace": feed.workspace_id,
    }


@pytest.fixture
def world(olga):
    feed = factories.feed()
    ingest_key = factories.ingest_key(feed)
    connection = factories.connection(feed, write_key=WRITE_KEY)
    cursor = factories.due_cursor(events=3, connection=connection)
    rejection = factories.rejected(cursor)
    token, token_secret = factories.token(feed.stream)
    factories.found(feed)
    status.pause(connection=connection, actor=olga)
    alert = factories.alert(connection)
    endpoint, signing_secret = factories.webhook_endpoint(feed.workspace, WEBHOOK_URL)
    message = factories.webhook_message(endpoint, alert)
    inbound, inbound_secret = factories.inbound_address(feed)
    rows = {
        "alert": alert.pk,
        "inboundaddress": inbound.pk,
        "notice": alert.notices.get().pk,
        "auditentry": AuditEntry.objects.earliest("pk").pk,
        **rows_of(feed),
        "connection": connection.pk,
        "cursor": cursor.pk,
        "delivery": factories.delivered(cursor, 3).pk,
        "issuekind": feed.issue_kinds.get().pk,
        "generation": Generation.objects.create(pk=1).pk,
        "halt": Halt.objects.create(stream=feed.stream, reason="Drill").pk,
        "lease": Lease.objects.create(stream=feed.stream).pk,
        "partnertoken": token.pk,
        "planversion": factories.published_plan(feed.stream, "Email Opened").pk,
        "rejection": rejection.pk,
        "replay": factories.replay(cursor, end=3).pk,
        "user": olga.pk,
        **{one._meta.model_name: one.pk for one in (endpoint, message)},
    }
    stored = Connection.objects.get(pk=connection.pk)
    secrets = [
        inbound_secret.text, bytes(inbound.sealed).hex(),
        WRITE_KEY, WEBHOOK_URL, signing_secret, ingest_key.text, token_secret.text, token.digest,
        feed.ingest_key_digest, stored.key_fingerprint, bytes(stored.key_ciphertext).hex(),
    ]  # fmt: skip
    return World(rows, secrets)


def addresses(world):
    """Return the addresses of all pages about our own models."""
    yield reverse("admin:index")
    yield reverse("admin:app_list", args=["streams"])
    for name, pk in world.rows.items():
        yield reverse(f"admin:streams_{name}_changelist")
        yield reverse(f"admin:streams_{name}_change", args=[pk])
        yield reverse(f"admin:streams_{name}_history", args=[pk])
    for name in ("halt", "partner", "stream", "workspace", "user"):
        yield reverse(f"admin:streams_{name}_add")
    yield reverse("admin:streams_feed_events", args=[world.rows["feed"]])
    yield reverse("admin:streams_feed_quarantine", args=[world.rows["feed"]])
    yield reverse("admin:streams_feed_event", args=[world.rows["feed"], 1])
    yield reverse("admin:streams_stream_review", args=[world.rows["stream"]])
    yield reverse("admin:streams_stream_decide", args=[world.rows["stream"], "suspend"])
    active = {"connection": factories.connection().pk}
    yield reverse("admin:streams_connection_pause", query=active)
    yield reverse("admin:streams_halt_lift", query={"halt": world.rows["halt"]})
    yield reverse("admin:search", query={"q": WRITE_KEY[-4:]})
    yield reverse("admin:refused-requests")
    yield reverse("admin:search-events", query={"user_id": "u-1"})


def test_operators_can_open_every_page_and_none_shows_a_secret(staff, world):
    for address in addresses(world):
        response = staff.get(address, follow=True)

        shown = response.content.decode()
        assert response.status_code == 200, address
        assert [secret for secret in world.secrets if secret in shown] == [], address


def test_every_model_with_a_page_is_in_this_test(world):
    shown = {
        model._meta.model_name
        for model in registered()
        if model._meta.app_label == "streams"
    }

    assert shown == set(world.rows)


@pytest.mark.parametrize("name", ["link", "conflict"])
def test_only_the_page_of_a_link_or_conflict_shows_a_user_id(staff, name):
    conflict = factories.identity_conflict(factories.feed())
    Conflict.objects.update(kept="kept-id", other="other-id")
    Link.objects.update(user_id="kept-id")
    pk = {"link": conflict.link_id, "conflict": conflict.pk}[name]

    shown = staff.get(reverse(f"admin:streams_{name}_changelist")).text
    page = staff.get(reverse(f"admin:streams_{name}_change", args=[pk])).text

    assert ("kept-id" in shown, "other-id" in shown) == (False, False)
    assert ("kept-id" in page, "other-id" in page) == (True, name == "conflict")
    opened = AuditEntry.objects.filter(action="support.workspace_opened")
    assert opened.get().workspace == conflict.feed.workspace


FIRST_LINK = re.compile(r'<tbody>.*?<a href="([^"?]*)', re.DOTALL)
HEADING = re.compile(r"<h1>(.*?)</h1>")


def test_the_first_link_of_a_row_opens_its_own_page(staff, world):
    for name in world.rows:
        page = staff.get(reverse(f"admin:streams_{name}_changelist")).text

        [kind, _, leads_to] = FIRST_LINK.search(page)[1].split("/")[3:6]
        assert (kind, leads_to) == (name, "change"), name


def test_titles_are_the_names_of_the_rows(staff, world):
    for model in registered():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        lists = staff.get(reverse(f"{name}_changelist")).text

        assert HEADING.search(lists)[1] == capfirst(model._meta.verbose_name_plural)
        if pk := world.rows.get(model._meta.model_name):
            page = staff.get(reverse(f"{name}_change", args=[pk])).text
            assert HEADING.search(page)[1] == capfirst(model._meta.verbose_name)


def test_visitors_are_redirected_to_sign_in(client, world):
    for address in addresses(world):
        response = client.get(address, follow=True)

        sign_in, _ = response.redirect_chain[-1]
        assert sign_in == f"/accounts/login/?next={quote(address, safe='')}", address


def test_users_who_are_not_operators_are_refused(client, world):
    client.force_login(factories.user())

    for address in addresses(world):
        response = client.get(address, follow=True)

        assert response.status_code == 403, address


def test_the_admins_own_sign_in_form_is_closed(client, olga):
    form = {"username": olga.email, "password": factories.PASSWORD}

    response = client.post(reverse("admin:login"), form)

    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")


def test_no_form_of_django_checks_a_password(client, olga):
    """These forms do not limit attempts, and every operator could open them."""
    client.force_login(factories.user(is_staff=True))
    guess = {"username": olga.email, "password": factories.PASSWORD}

    login = client.post(reverse("admin:login"), guess)
    form = {
        "old_password": factories.PASSWORD,
        "new_password1": "x",
        "new_password2": "x",
    }
    password = client.post(reverse("admin:password_change"), form)

    assert (login.status_code, login.url) == (302, "/admin/")
    assert (password.status_code, password.url) == (302, "/accounts/password/change/")
    assert client.session["_auth_user_id"] != str(olga.pk)


@pytest.mark.parametrize(
    "name",
    [
        "connection", "delivery", "feed", "partner", "partnertoken", "planversion",
        "rejection", "stream", "user", "workspace",
    ],
)  # fmt: skip
def test_the_page_of_a_row_leads_to_its_entries_in_the_activity_log(staff, world, name):
    args = [world.rows[name]]
    history = reverse(f"admin:streams_{name}_history", args=args)

    page = staff.get(reverse(f"admin:streams_{name}_change", args=args))
    log = staff.get(history, follow=True)

    assert f'href="{history}"' in page.text
    assert "Activity log" in page.text
    assert [len(log.redirect_chain), log.context["opts"].model] == [1, AuditEntry]
    assert log.request["QUERY_STRING"]


def test_operators_without_the_permission_see_no_events(client, world):
    client.force_login(factories.user(is_staff=True))

    for name, args in (("events", []), ("event", [1])):
        address = reverse(
            f"admin:streams_feed_{name}", args=[world.rows["feed"], *args]
        )
        assert client.get(address).status_code == 403


@pytest.mark.parametrize(
    "name",
    [
        "auditentry",
        "connection",
        "cursor",
        "delivery",
        "feed",
        "issuekind",
        "lease",
        "rejection",
        "replay",
    ],
)
def test_the_activity_log_and_the_engines_rows_are_read_only(staff, world, name):
    pk = world.rows[name]

    for page, args in (("add", []), ("change", [pk]), ("delete", [pk])):
        address = reverse(f"admin:streams_{name}_{page}", args=args)
        assert staff.post(address, {}).status_code == 403, page


@pytest.mark.parametrize(
    "name", ["partner", "stream", "workspace", "user", "partnertoken"]
)
def test_nothing_can_be_deleted(staff, world, name):
    address = reverse(f"admin:streams_{name}_delete", args=[world.rows[name]])

    assert staff.post(address, {"post": "yes"}).status_code == 403


def test_pages_keep_the_strict_content_security_policy(staff, world):
    for address in addresses(world):
        response = staff.get(address)

        policy = response.headers["Content-Security-Policy"]
        assert "'unsafe" not in policy
        page = response.content.decode()
        assert "<style" not in page, address
        assert " style=" not in page, address
        assert " onclick=" not in page, address


def test_the_header_leads_to_the_password_and_the_second_factors_of_the_operator(staff):
    page = staff.get(reverse("admin:index")).text

    for name in ("admin:password_change", "mfa_index"):
        assert f'href="{reverse(name)}"' in page
        assert staff.get(reverse(name)).status_code in (200, 302)


def test_the_header_has_no_link_that_leads_back_to_the_admin(staff):
    header = staff.get(reverse("admin:index")).text.split('id="user-tools"')[1]

    assert f'href="{reverse("portal:home")}"' not in header.split("</header>")[0]
