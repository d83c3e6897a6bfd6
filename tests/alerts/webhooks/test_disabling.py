"""An endpoint that responds 410 Gone is disabled, and endpoints get the kinds they chose."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from django.urls import reverse

from streams.alerts.evaluation import evaluate
from streams.alerts.models import Notice
from streams.alerts.sending import send_due as send_notices
from streams.alerts.webhook_sending import sending
from streams.alerts.webhooks import services
from streams.alerts.webhooks.disabling import enable
from streams.alerts.webhooks.models import WebhookMessage
from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.base.customer_urls.client import CustomerUrlClient
from streams.delivery.connection import status
from tests import factories
from tests.servers.https_receiver import receiver

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def cast(settings):
    settings.PORTAL_URL = "https://portal.example"
    settings.LOCAL_WEBHOOKS = True
    return factories.cast()


@pytest.fixture
def connection(cast):
    return factories.cursor(factories.connection(cast.feed)).connection


@pytest.fixture
def server(tmp_path):
    with receiver(tmp_path, "localhost") as server:
        yield server


@pytest.fixture
def send(server):
    client = CustomerUrlClient.with_localhost()
    client = dataclasses.replace(client, ca_file=str(server.authority), total_s=1.0)
    return lambda at: sending.send_due(at, lambda: False, client=client)


def endpoint_of(owner, server):
    made, _ = factories.webhook_endpoint(owner, f"https://localhost:{server.port}/hook")
    return made


def refused(connection, at):
    status.need_attention(connection=connection, reason="Refused (401).")
    evaluate(at)


@pytest.fixture
def gone(cast, connection, server, send, start):
    """The endpoint of the workspace, which has responded 410."""
    endpoint = endpoint_of(cast.workspace, server)
    server.status = 410
    refused(connection, start)
    send(start)
    endpoint.refresh_from_db()
    return endpoint


def test_an_endpoint_that_is_gone_gets_no_more_messages(
    gone, connection, cast, server, send, start
):
    message = WebhookMessage.objects.get()
    assert (message.status, message.given_up_at) == (410, gone.gone_at)
    factories.alert(connection, condition="late")
    evaluate(start + MINUTE)
    services.send_test(endpoint=gone, actor=cast.anna)

    send(start + 5 * MINUTE)

    assert len(server.received) == 1
    assert AuditEntry.objects.get(action="webhook.disabled").workspace == cast.workspace


def test_a_message_that_is_due_at_a_disabled_endpoint_is_dropped(
    gone, server, send, start
):
    at = start + MINUTE
    WebhookMessage.objects.update(given_up_at=None, due_at=at)

    send(at)

    assert len(server.received) == 1
    assert WebhookMessage.objects.get().dropped_at


def test_the_admins_of_the_owner_are_notified_once(gone, cast, smtp, start):
    Notice.objects.exclude(transition="gone").delete()
    sending.disable(endpoint_id=gone.pk, now=start + MINUTE)

    send_notices(start + MINUTE, stop=lambda: False)

    [mail] = smtp.accepted
    assert mail["To"] == cast.anna.email
    assert mail["Subject"] == f"Webhook endpoint disabled: {cast.workspace.name}"
    text = mail.get_body(("plain",)).get_content()
    assert "responded 410 Gone, so it gets no more messages." in text
    page = reverse("portal:webhook", args=[cast.workspace.public_id, gone.public_id])
    assert f"https://portal.example{page}" in text


def test_the_inbox_leads_to_the_endpoint(gone, cast, client, start):
    send_notices(start + MINUTE, stop=lambda: False)
    client.force_login(cast.anna)

    shown = client.get(reverse("portal:inbox")).text

    assert f"Webhook endpoint disabled: {cast.workspace.name}" in shown
    notice = Notice.objects.get(transition="gone", channel="inbox")
    page = reverse("portal:webhook", args=[cast.workspace.public_id, gone.public_id])
    assert client.get(reverse("portal:inbox-notice", args=[notice.pk])).url == page


def test_an_admin_enables_it_again(gone, cast, client, server, send, start):
    client.force_login(cast.anna)
    page = reverse("portal:webhook", args=[cast.workspace.public_id, gone.public_id])
    shown = client.get(page).text
    assert "The receiver responded 410 Gone on" in shown
    assert ">Send a test<" not in shown

    shown = client.post(f"{page}enable/", follow=True).text

    assert "Enabled the endpoint. Send a test." in shown
    assert ">Send a test<" in shown
    assert "410 Gone" not in shown
    assert not enable(endpoint=gone, actor=cast.anna)
    server.status = 200
    services.send_test(endpoint=gone, actor=cast.anna)
    send(now() + MINUTE)
    assert WebhookMessage.objects.get(transition="test").delivered_at


def test_a_new_url_enables_it_again(gone, cast):
    services.change_endpoint(
        endpoint=gone, url="https://hooks.example.com/new", description="",
        actor=cast.anna,
    )  # fmt: skip

    gone.refresh_from_db()
    assert gone.gone_at is None


def test_the_endpoint_of_a_partner_is_disabled_too(
    cast, connection, server, send, smtp, start
):
    endpoint = endpoint_of(cast.partner, server)
    server.status = 410
    refused(connection, start)

    send(start + 5 * MINUTE)
    send_notices(start + 6 * MINUTE, stop=lambda: False)

    endpoint.refresh_from_db()
    assert endpoint.gone_at
    notified = [mail["To"] for mail in smtp.accepted if "disabled" in mail["Subject"]]
    assert notified == [cast.petra.email]


def test_an_endpoint_gets_messages_about_the_kinds_that_it_chose(
    cast, connection, server, send, start, client
):
    client.force_login(cast.anna)
    endpoint = endpoint_of(cast.workspace, server)
    page = reverse(
        "portal:webhook", args=[cast.workspace.public_id, endpoint.public_id]
    )
    assert "Kinds of alerts: all" in client.get(page).text
    client.post(page, {"conditions": ["late", "quarantine"]})
    endpoint.refresh_from_db()
    assert endpoint.conditions == ["late", "quarantine"]
    assert "Kinds of alerts: 2" in client.get(page).text

    refused(connection, start)
    send(start)
    assert server.received == []

    client.post(page, {"description": ""})
    endpoint.refresh_from_db()
    assert endpoint.conditions is None
    assert endpoint.gets("attention")


def test_a_partners_endpoint_gets_messages_about_the_kinds_that_it_chose(
    cast, connection, server, send, start
):
    endpoint, other = (endpoint_of(cast.partner, server) for _ in range(2))
    services.change_endpoint(
        endpoint=other, url="", description="", conditions=["late"], actor=cast.petra
    )

    refused(connection, start)
    send(start + 5 * MINUTE)

    assert [one.endpoint for one in WebhookMessage.objects.all()] == [endpoint]


def test_a_kind_that_an_owner_does_not_get_is_refused(cast, server, client):
    client.force_login(cast.anna)
    endpoint = endpoint_of(cast.workspace, server)
    page = reverse(
        "portal:webhook", args=[cast.workspace.public_id, endpoint.public_id]
    )

    shown = client.post(page, {"conditions": ["halted"]}).text

    assert "Select a valid choice." in shown
    endpoint.refresh_from_db()
    assert endpoint.conditions is None
