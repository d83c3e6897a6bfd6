"""Admins manage webhook endpoints, and no page repeats a secret."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from streams.alerts.webhooks.models import WebhookEndpoint, WebhookMessage
from streams.alerts.webhooks.sealing import open_target
from streams.base.clock import now
from tests import factories

pytestmark = pytest.mark.django_db

URL = "https://hooks.example.com/alerts?key=s3cret-key"
SLACK_URL = "https://hooks.slack.com/services/T0/B0/s3cret-path"


@pytest.fixture
def cast():
    return factories.cast()


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def anna(cast):
    return signed_in(cast.anna)


@pytest.fixture
def page(cast):
    return reverse("portal:webhooks", args=[cast.workspace.public_id])


def page_of(endpoint, name="webhook"):
    if endpoint.partner:
        args = [endpoint.partner.slug, endpoint.public_id]
        return reverse(f"portal:partner-{name}", args=args)
    args = [endpoint.workspace.public_id, endpoint.public_id]
    return reverse(f"portal:{name}", args=args)


def test_a_new_endpoint_shows_its_signing_secret_once(anna, page, cast):
    form = {"kind": "webhook", "webhook_url": URL, "description": "On call"}
    response = anna.post(page, form)

    endpoint = WebhookEndpoint.objects.get()
    secret = open_target(endpoint).secret
    assert response.status_code == 201
    assert response.text.count(secret) == 1
    assert endpoint.workspace == cast.workspace
    assert f'<a href="{page_of(endpoint)}#messages">send a test</a>' in response.text
    for path in (page, page_of(endpoint)):
        text = anna.get(path).text
        assert secret not in text
        assert "s3cret" not in text
        assert "https://hooks.example.com/alerts?…" in text
        assert "On call" in text


def test_a_slack_channel_is_added_without_a_secret_and_its_url_is_masked(anna, page):
    response = anna.post(page, {"kind": "slack", "webhook_url": SLACK_URL}, follow=True)

    endpoint = WebhookEndpoint.objects.get()
    assert response.redirect_chain == [(page_of(endpoint), 302)]
    assert "https://hooks.slack.com/…path" in response.text
    assert "s3cret" not in response.text
    assert "Rotate secret" not in response.text


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "This field is required."),
        ("http://hooks.example.com/", "Enter a URL that starts with https://."),
        ("https://10.0.0.1/", "Enter a URL with a public host name"),
        ("https://me:pass@a.com/", "Enter the URL without a username or password."),
        ("https://hooks.example.com:8443/", "Enter a URL with port 443"),
    ],
)
def test_a_refused_url_is_explained(anna, page, url, sentence):
    response = anna.post(page, {"kind": "webhook", "webhook_url": url})

    assert response.status_code == 200
    assert sentence in response.text
    assert not WebhookEndpoint.objects.exists()


def test_the_sixth_endpoint_is_refused(anna, page, cast):
    for _ in range(5):
        factories.webhook_endpoint(cast.workspace)

    response = anna.post(page, {"kind": "webhook", "webhook_url": URL})

    assert "You have 5 endpoints already." in response.text
    assert WebhookEndpoint.objects.count() == 5


def test_a_partner_admin_adds_an_endpoint_for_the_partner(cast):
    page = reverse("portal:partner-webhooks", args=[cast.partner.slug])
    petra = signed_in(cast.petra)
    assert page in petra.get(reverse("portal:partner", args=[cast.partner.slug])).text

    petra.post(page, {"kind": "webhook", "webhook_url": URL})

    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.partner, endpoint.workspace) == (cast.partner, None)
    assert "hooks.example.com" in petra.get(page).text


def test_the_page_of_alerts_leads_admins_there(anna, page, cast):
    alerts = reverse("portal:alerts", args=[cast.workspace.public_id])

    assert f'href="{page}' in anna.get(alerts).text
    assert page not in signed_in(cast.bob).get(alerts).text


def test_an_endpoint_of_another_workspace_is_not_found(anna, cast):
    other, _ = factories.webhook_endpoint(cast.elsewhere)
    path = reverse("portal:webhook", args=[cast.workspace.public_id, other.public_id])

    assert anna.get(path).status_code == 404


def test_a_change_without_a_url_keeps_it(anna, cast):
    endpoint, secret = factories.webhook_endpoint(cast.workspace, URL)

    anna.post(page_of(endpoint), {"webhook_url": "", "description": "Nights"})

    endpoint.refresh_from_db()
    assert endpoint.description == "Nights"
    assert open_target(endpoint).url == URL
    assert open_target(endpoint).secret == secret


def test_a_rotated_secret_is_shown_once(anna, cast):
    endpoint, _ = factories.webhook_endpoint(cast.workspace)

    response = anna.post(page_of(endpoint, "webhook-secret"))

    endpoint.refresh_from_db()
    assert response.status_code == 201
    assert open_target(endpoint).secret in response.text
    assert "Messages are signed with both secrets until" in response.text
    assert open_target(endpoint).secret not in anna.get(page_of(endpoint)).text


def test_a_test_is_queued_and_the_list_refreshes_until_it_is_sent(anna, cast):
    endpoint, _ = factories.webhook_endpoint(cast.workspace)

    response = anna.post(page_of(endpoint, "webhook-test"), follow=True)

    fresh = page_of(endpoint, "webhook-fresh")
    assert "Test queued." in response.text
    assert f'hx-get="{fresh}' in response.text
    WebhookMessage.objects.update(
        attempts=1, attempted_at=now(), status=200, duration_ms=31, delivered_at=now()
    )
    text = anna.get(fresh).text
    assert "hx-get" not in text
    assert "Delivered" in text
    assert "31 ms" in text


def test_messages_are_listed_with_their_status_and_without_their_body(anna, cast):
    endpoint, _ = factories.webhook_endpoint(cast.workspace)
    alert = factories.alert(factories.connection(cast.feed))
    for transition, fields in {
        "opened": {"status": 503, "attempts": 3},
        "closed": {"failure": "timeout", "attempts": 1, "given_up_at": now()},
    }.items():
        WebhookMessage.objects.create(
            endpoint=endpoint,
            alert=alert,
            transition=transition,
            body="s3cret-body",
            due_at=now(),
            expires_at=now(),
            **fields,
        )

    text = anna.get(page_of(endpoint)).text

    for part in ("Delivery stopped", "503", "Retrying", "Timeout", "Failed"):
        assert part in text
    assert "s3cret-body" not in text


def test_an_endpoint_that_failed_for_a_day_is_marked_in_the_list(anna, page, cast):
    endpoint, _ = factories.webhook_endpoint(cast.workspace)
    WebhookEndpoint.objects.update(failing_since=now() - timedelta(hours=1))
    assert "Retrying" in anna.get(page).text

    WebhookEndpoint.objects.update(failing_since=now() - timedelta(hours=25))

    assert "Failing" in anna.get(page).text
    assert "Every attempt since" in anna.get(page_of(endpoint)).text


def test_a_deleted_endpoint_is_gone(anna, page, cast):
    endpoint, _ = factories.webhook_endpoint(cast.workspace)

    response = anna.post(page_of(endpoint, "webhook-delete"), follow=True)

    assert response.redirect_chain == [(page, 302)]
    assert "No endpoints yet" in response.text
