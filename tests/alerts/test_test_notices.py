"""People send themselves tests, by email and to their inbox."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from streams.alerts.models import Notice
from streams.alerts.people.choices import stop_emails
from streams.alerts.people.testing import MOST, send_test
from streams.alerts.retention import KEPT, forget
from streams.alerts.sending import send_due
from streams.audit.models import AuditEntry
from streams.base.clock import now
from tests import factories

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def cast(client, settings):
    settings.PORTAL_URL = "https://portal.example"
    made = factories.cast()
    client.force_login(made.anna)
    return made


def send(minutes=0) -> None:
    send_due(now() + minutes * MINUTE, stop=lambda: False)


def page(client, cast, name="notifications-workspace") -> str:
    return client.get(reverse(f"portal:{name}", args=[cast.workspace.public_id])).text


def post(client, cast) -> str:
    url = reverse("portal:notice-test", args=[cast.workspace.public_id])
    return client.post(url, follow=True).text


def test_a_test_arrives_by_email_and_in_the_inbox(client, cast, smtp):
    assert "Send a test to anna@" in page(client, cast)
    shown = post(client, cast)
    assert "Sending a test. The result appears below." in shown
    assert shown.count(">Waiting</span>") == 2
    assert 'hx-trigger="every 2s"' in shown

    send()
    send(1)

    (mail,) = smtp.accepted
    assert mail["Subject"] == f"Test notice: {cast.workspace.name}"
    assert mail["To"] == cast.anna.email
    assert "This is a test." in mail.get_body(("plain",)).get_content()
    assert "List-Unsubscribe" in mail
    shown = page(client, cast, "notice-tests")
    assert shown.count(">Sent</span>") == 2
    assert "hx-trigger" not in shown
    inbox = client.get(reverse("portal:inbox")).text
    assert f"Test notice: {cast.workspace.name}" in inbox
    notice = Notice.objects.get(channel="inbox")
    address = reverse("portal:notifications-workspace", args=[cast.workspace.public_id])
    assert client.get(reverse("portal:inbox-notice", args=[notice.pk])).url == address
    assert AuditEntry.objects.get(action="notices.tested").actor == cast.anna


def test_a_test_is_sent_although_emails_are_off(cast, smtp):
    stop_emails(user=cast.anna, owner=cast.workspace)
    send_test(user=cast.anna, owner=cast.workspace)

    send()

    assert len(smtp.accepted) == 1


def test_the_page_says_why_a_test_was_not_sent(client, cast, smtp):
    smtp.refuses = True
    post(client, cast)
    send()
    assert "The email server refused the email. Next attempt:" in page(client, cast)

    smtp.stop()
    send(2)
    shown = page(client, cast)
    assert "The email server doesn&#x27;t respond. Next attempt:" in shown

    for minute in (5, 10, 15):
        send(minute)
    assert ">Failed</span> The email server doesn&#x27;t respond" in page(client, cast)
    delivery = page(client, cast, "notice-delivery")
    assert "The email server doesn&#x27;t respond" in delivery
    assert ">Failed</span>" in delivery


def test_a_person_can_send_a_few_tests_in_an_hour(client, cast):
    for _ in range(MOST):
        post(client, cast)

    assert "You sent several tests within an hour." in post(client, cast)
    assert Notice.objects.filter(channel="email").count() == MOST
    petra = cast.petra
    assert send_test(user=petra, owner=cast.partner)


def test_a_partners_people_test_the_notices_of_the_partner(client, cast, smtp):
    client.force_login(cast.petra)
    url = reverse("portal:notice-test-partner", args=[cast.partner.slug])

    client.post(url)
    send()

    assert smtp.accepted[0]["Subject"] == f"Test notice: {cast.partner.name}"
    inbox = client.get(reverse("portal:inbox")).text
    assert f"Test notice: {cast.partner.name}" in inbox


def test_old_tests_are_deleted(cast):
    send_test(user=cast.anna, owner=cast.workspace)
    forget(now() + KEPT)
    assert Notice.objects.count() == 2

    forget(now() + KEPT + timedelta(days=1))
    assert not Notice.objects.exists()


def test_the_page_leads_back_to_the_alerts_after_a_test(client, cast):
    public_id = cast.workspace.public_id
    alerts = reverse("portal:alerts", args=[public_id])
    sends = reverse("portal:notice-test", args=[public_id]) + "?from=alerts"
    opened = reverse("portal:notifications-workspace", args=[public_id])
    assert sends in client.get(f"{opened}?from=alerts").text

    shown = client.post(sends, follow=True).text

    assert f'href="{alerts}">← Alerts' in shown
    refreshed = reverse("portal:notice-tests", args=[public_id]) + "?from=alerts"
    assert f'hx-get="{refreshed}"' in shown
    assert sends in client.get(refreshed).text
