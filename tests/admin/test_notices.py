"""An operator's inbox, and how operators choose to get notices about the portal."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from streams.alerts.conditions.all_rules import BY_CONDITION
from streams.alerts.evaluation import report_discrepancies
from streams.alerts.models import Alert, Notice
from streams.alerts.people.models import NoticeChoice
from streams.alerts.people.testing import MOST
from streams.alerts.sending import send_due
from streams.audit.models import AuditEntry
from streams.base.clock import now
from tests import factories
from tests.servers.smtp import smtp_server

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
EVERYTHING = {
    f"{rule.condition}-{channel}": "now"
    for rule in BY_CONDITION.values()
    if rule.for_operators
    for channel in ("email", "inbox")
}


@pytest.fixture
def smtp(settings):
    with smtp_server() as server:
        settings.MAILERS = {
            "default": {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": {"host": "127.0.0.1", "port": server.port, "timeout": 10},
            }
        }
        yield server


@pytest.fixture
def olga(staff, settings):
    """The operator who is signed in as `staff`."""
    settings.PORTAL_URL = "https://portal.example"
    pk = staff.session["_auth_user_id"]
    return factories.User.objects.get(pk=pk)


def found(feeds, at) -> None:
    """Let `reconcile` report discrepancies."""
    report_discrepancies(feeds, at)


def send(at) -> None:
    send_due(at, stop=lambda: False)


def chosen(staff, **changes):
    fields = {name.replace("_", "-"): when for name, when in changes.items()}
    return staff.post(
        reverse("admin:notifications"), EVERYTHING | fields, follow=True
    ).text


def test_the_bell_counts_unread_notices_and_leads_to_their_alert(staff, olga, smtp):
    start = now()
    assert "unread" not in staff.get(reverse("admin:index")).text
    found(3, start)
    send(start)

    shown = staff.get(reverse("admin:index")).text
    assert f'<a class="bell" href="{reverse("admin:inbox")}">' in shown
    assert ">1 unread</span>" in shown
    shown = staff.get(reverse("admin:inbox")).text
    assert "The ledger has discrepancies</a>" in shown
    assert ">Unread</span>" in shown

    notice = Notice.objects.get(channel="inbox", recipient=olga)
    page = staff.get(reverse("admin:inbox-notice", args=[notice.pk]))

    alert = Alert.objects.get()
    assert page.url == reverse("admin:streams_alert_change", args=[alert.pk])
    assert "unread" not in staff.get(reverse("admin:index")).text


def test_all_notices_are_marked_as_read_at_once(staff, olga, smtp):
    start = now()
    found(3, start)
    send(start)
    found(0, start + HOUR)
    send(start + HOUR)

    shown = staff.post(reverse("admin:inbox-read"), follow=True).text

    assert "Marked 2 notices as read." in shown
    assert "Recovered: The ledger has discrepancies</a>" in shown
    assert ">Unread</span>" not in shown


def test_an_operator_without_the_permission_has_no_inbox():
    client, rita = Client(), factories.user("rita@portal.example", is_staff=True)
    rita.user_permissions.add(Permission.objects.get(codename="view_partner"))
    client.force_login(rita)

    for name in ("inbox", "notifications"):
        assert client.get(reverse(f"admin:{name}")).status_code == 403
    assert client.post(reverse("admin:inbox-read")).status_code == 403
    assert 'class="bell"' not in client.get(reverse("admin:index")).text


def test_the_notice_of_another_operator_is_not_found(staff, olga, smtp):
    other = factories.user("o@portal.example", is_staff=True, is_superuser=True)
    start = now()
    found(3, start)
    send(start)

    notice = Notice.objects.get(channel="inbox", recipient=other)
    page = staff.get(reverse("admin:inbox-notice", args=[notice.pk]))
    assert page.status_code == 404


def test_an_operator_turns_off_emails_of_a_kind(staff, olga, smtp):
    shown = chosen(staff, reconcile_email="off")
    assert "Saved your notification settings." in shown
    assert AuditEntry.objects.get(action="notices.chosen").actor == olga
    start = now()

    found(3, start)
    send(start)

    assert smtp.accepted == []
    assert Notice.objects.get(recipient=olga).channel == "inbox"


def test_an_operator_gets_a_digest(staff, olga, smtp):
    chosen(staff, reconcile_email="hourly")
    start = now()
    found(3, start)
    send(start)
    assert smtp.accepted == []

    found(0, start)
    send(start + HOUR)

    [mail] = smtp.accepted
    assert mail["Subject"] == "Alert digest: 1 alert"
    text = mail.get_body(("plain",)).get_content()
    assert "The portal" in text
    assert "recovered" in text
    assert f"https://portal.example{reverse('admin:notifications')}" in text


def test_an_operator_unsubscribes_with_one_click(staff, olga, smtp):
    start = now()
    found(3, start)
    send(start)
    [mail] = smtp.accepted
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = re.search(r"https://portal\.example(/[^>]+)", mail["List-Unsubscribe"])[1]

    response = Client().post(path, {"List-Unsubscribe": "One-Click"})

    assert response.status_code == 200
    choice = NoticeChoice.objects.get(user=olga)
    assert (choice.condition, choice.channel, choice.cadence) == ("", "email", "off")
    found(0, start + HOUR)
    found(3, start + 2 * HOUR)
    send(start + 2 * HOUR)
    assert len(smtp.accepted) == 1
    assert Notice.objects.filter(recipient=olga, channel="inbox").count() == 3


def test_a_choice_that_does_not_exist_is_refused(staff, olga):
    assert "Select one of the options for each kind." in chosen(
        staff, reconcile_email="never"
    )
    assert not NoticeChoice.objects.exists()


def test_an_operator_sends_themselves_a_test(staff, olga, smtp):
    page = staff.post(reverse("admin:notifications-test"), follow=True).text
    assert f"A test is sent to {olga.email} and to your inbox" in page
    assert page.count(">Waiting</span>") == 2

    send_due(now(), stop=lambda: False)

    (mail,) = smtp.accepted
    assert (mail["Subject"], mail["To"]) == ("Test notice: the portal", olga.email)
    notifications = reverse("admin:notifications")
    assert notifications in mail.get_body(("plain",)).get_content()
    assert staff.get(notifications).text.count(">Sent</span>") == 2
    shown = staff.get(reverse("admin:inbox")).text
    assert "This is a test. Notices about alerts arrive here." in shown
    notice = Notice.objects.get(channel="inbox")
    opened = staff.get(reverse("admin:inbox-notice", args=[notice.pk]))
    assert opened.url == notifications


def test_an_operator_sends_only_some_tests_in_an_hour(staff, olga):
    page = reverse("admin:notifications-test")

    shown = [staff.post(page, follow=True).text for _ in range(MOST + 1)]

    assert "Wait before you send another." in shown[-1]
    assert Notice.objects.count() == 2 * MOST
    assert Notice.objects.filter(audience="operator").count() == 2 * MOST


def test_an_operator_who_may_not_see_alerts_sends_no_test(client):
    client.force_login(factories.user(is_staff=True))

    assert client.post(reverse("admin:notifications-test")).status_code == 403
