"""Unsubscription with one click, as RFC 8058 describes it."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from streams.alerts.models import Alert
from streams.alerts.people.choices import choose, current
from streams.alerts.people.models import NoticeChoice
from streams.alerts.people.unsubscribing import DIGESTS, unsubscribe_token
from streams.alerts.sending import send_due
from streams.audit.models import AuditEntry
from streams.tenancy.models import WorkspaceMembership
from tests import factories

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
KINDS = [(condition, "email") for condition in Alert.Condition.values]


@pytest.fixture
def strict() -> Client:
    """The server of an email program: no cookies, and no CSRF token."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def mail(smtp, start, settings):
    """An email about an alert to Anna, an admin."""
    settings.PORTAL_URL = "https://portal.example.com"
    connection = factories.cursor().connection
    anna = factories.member(connection.feed.workspace, "admin", "anna@example.com")
    alert = factories.alert(connection, to=anna, opened_at=start)
    alert.notices.update(due_at=start, expires_at=start + timedelta(days=1))
    send_due(start, stop=lambda: False)
    [mail] = smtp.accepted
    return mail


@pytest.fixture
def anna(mail):
    return WorkspaceMembership.objects.get().user


@pytest.fixture
def path(mail) -> str:
    return urlsplit(mail["List-Unsubscribe"].strip("<>")).path


def emails(user) -> set[str]:
    workspace = WorkspaceMembership.objects.get(user=user).workspace
    return set(current(user, workspace, KINDS).values())


def test_every_email_has_both_headers_unbroken(mail):
    link = str(mail["List-Unsubscribe"])

    assert link.startswith("<https://portal.example.com/unsubscribe/")
    assert link.endswith("/>")
    assert link.strip("<>") in mail.get_body(("plain",)).get_content().splitlines()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_opening_the_link_changes_nothing_and_names_no_one(strict, path, anna):
    page = strict.get(path)

    assert page.status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    workspace = WorkspaceMembership.objects.get().workspace
    for secret in (anna.email, workspace.name, workspace.partner.name):
        assert secret not in page.text
    assert emails(anna) == {"now"}


def test_one_post_without_a_session_unsubscribes_at_once(strict, path, anna):
    response = strict.post(path, ONE_CLICK)

    assert (response.status_code, response.cookies.output()) == (200, "")
    assert emails(anna) == {"off"}
    inbox = [(condition, "inbox") for condition in Alert.Condition.values]
    workspace = WorkspaceMembership.objects.get().workspace
    assert set(current(anna, workspace, inbox).values()) == {"now"}
    assert AuditEntry.objects.filter(action="notices.unsubscribed").count() == 1


def test_a_second_post_changes_nothing(strict, path, anna):
    for _ in range(2):
        strict.post(path, ONE_CLICK)

    assert NoticeChoice.objects.count() == 1
    assert AuditEntry.objects.filter(action="notices.unsubscribed").count() == 1


def test_kinds_that_come_later_are_off_too_and_can_be_turned_on(strict, path, anna):
    strict.post(path, ONE_CLICK)
    workspace = WorkspaceMembership.objects.get().workspace

    assert current(anna, workspace, [("new_kind", "email")]) == {
        ("new_kind", "email"): "off"
    }
    choose(user=anna, owner=workspace, choices={("attention", "email"): "hourly"})
    assert emails(anna) == {"off", "hourly"}


def test_only_the_place_of_the_email_is_unsubscribed(strict, path, anna):
    other = WorkspaceMembership.objects.create(
        user=anna, workspace=factories.workspace(), role="admin"
    )

    strict.post(path, ONE_CLICK)

    assert set(current(anna, other.workspace, KINDS).values()) == {"now"}


def test_the_link_of_a_digest_stops_digests_and_nothing_else(strict, anna):
    workspace = WorkspaceMembership.objects.get().workspace
    choose(user=anna, owner=workspace, choices={("late", "email"): "daily"})
    token = unsubscribe_token(anna, DIGESTS)

    strict.post(reverse("portal:unsubscribe", args=[token]), ONE_CLICK)

    found = current(anna, workspace, KINDS)
    assert (found["late", "email"], found["attention", "email"]) == ("off", "now")


@pytest.mark.parametrize("change", ["user", "scope", "signature", "nonsense"])
def test_a_changed_link_is_not_valid(strict, anna, change):
    bob = factories.member(WorkspaceMembership.objects.get().workspace, "admin")
    workspace = WorkspaceMembership.objects.get(user=anna).workspace
    signed, signature = unsubscribe_token(anna, f"w{workspace.pk}").split(":")
    token = {
        "user": f"{bob.pk}.w{workspace.pk}:{signature}",
        "scope": f"{anna.pk}.d:{signature}",
        "signature": f"{signed}:{signature[:-1]}",
        "nonsense": "x",
    }[change]
    url = reverse("portal:unsubscribe", args=[token])

    assert strict.get(url).status_code == 404
    assert strict.post(url, ONE_CLICK).status_code == 404
    assert not NoticeChoice.objects.exists()


def test_the_link_of_someone_who_has_left_does_nothing(strict, path, anna):
    WorkspaceMembership.objects.all().delete()

    assert strict.post(path, ONE_CLICK).status_code == 200
    assert not NoticeChoice.objects.exists()


def test_a_session_of_someone_else_makes_no_difference(client, path, anna):
    bob = factories.member(WorkspaceMembership.objects.get().workspace, "admin")
    client.force_login(bob)

    client.post(path, ONE_CLICK)

    assert emails(anna) == {"off"}
    assert emails(bob) == {"now"}
