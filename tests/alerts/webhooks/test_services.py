"""Endpoints are changed by services, and their secrets leave them once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from streams.alerts.retention import KEPT, forget
from streams.alerts.webhooks import services
from streams.alerts.webhooks.models import WebhookEndpoint, WebhookMessage
from streams.alerts.webhooks.reencryption import EndpointResult, renew_endpoints
from streams.alerts.webhooks.sealing import open_target
from streams.alerts.webhooks.services import TooManyEndpoints
from streams.audit.models import AuditEntry
from streams.audit.sentences import SENTENCES
from streams.base.customer_urls.urls import UrlRefused
from streams.base.keyring import CannotDecrypt
from tests import factories
from tests.connections.test_write_keys import ring

pytestmark = pytest.mark.django_db

Kind = WebhookEndpoint.Kind
URL = "https://hooks.example.com/alerts?token=s3cret-token"
SLACK_URL = "https://hooks.slack.com/services/T000/B000/s3cret-path"


@pytest.fixture
def workspace():
    return factories.workspace()


def test_a_new_endpoint_has_a_secret_that_only_its_creator_gets(workspace):
    endpoint, secret = factories.webhook_endpoint(workspace, URL)

    target = open_target(endpoint)
    assert (target.url, target.secret) == (URL, secret)
    assert secret.startswith("whsec_")
    assert len(secret) == 50
    assert secret not in repr(target)
    stored = str(WebhookEndpoint.objects.values().get())
    entry = AuditEntry.objects.get(action="webhook.added")
    for place in (stored, json.dumps(entry.detail)):
        assert secret not in place
        assert "s3cret" not in place


@pytest.mark.parametrize(
    ("kind", "url", "shown"),
    [
        (Kind.WEBHOOK, URL, "https://hooks.example.com/alerts?…"),
        (Kind.WEBHOOK, "https://example.com", "https://example.com/"),
        (Kind.WEBHOOK, f"https://a.com/{'b' * 300}", "https://a.com/…bbbb"),
        (Kind.SLACK, SLACK_URL, "https://hooks.slack.com/…path"),
    ],
)
def test_pages_show_no_secret_part_of_the_url(workspace, kind, url, shown):
    endpoint, _ = factories.webhook_endpoint(workspace, url, kind=kind)

    assert endpoint.shown_url == shown == str(endpoint)
    assert AuditEntry.objects.get(action="webhook.added").detail["url"] == shown


def test_slack_needs_no_signing_secret(workspace):
    endpoint, secret = factories.webhook_endpoint(workspace, SLACK_URL, kind=Kind.SLACK)

    assert secret == open_target(endpoint).secret == ""


def test_a_url_that_is_not_public_is_refused(workspace):
    with pytest.raises(UrlRefused):
        factories.webhook_endpoint(workspace, "https://localhost:8443/")

    assert not WebhookEndpoint.objects.exists()


def test_a_workspace_has_at_most_five_endpoints(workspace):
    for _ in range(services.MAX_ENDPOINTS):
        factories.webhook_endpoint(workspace)

    with pytest.raises(TooManyEndpoints, match="5 endpoints"):
        factories.webhook_endpoint(workspace)
    factories.webhook_endpoint(workspace.partner)


def test_a_changed_description_keeps_the_url_and_the_secret(workspace):
    endpoint, secret = factories.webhook_endpoint(workspace, URL)

    services.change_endpoint(
        endpoint=endpoint, url="", description="On call", actor=factories.user()
    )

    endpoint.refresh_from_db()
    target = open_target(endpoint)
    assert (endpoint.description, target.url, target.secret) == ("On call", URL, secret)


def test_a_changed_url_keeps_the_secret(workspace):
    endpoint, secret = factories.webhook_endpoint(workspace, URL)

    services.change_endpoint(
        endpoint=endpoint, url="https://b.com/", description="", actor=factories.user()
    )

    endpoint.refresh_from_db()
    target = open_target(endpoint)
    assert (endpoint.shown_url, target.url, target.secret) == (
        "https://b.com/",
        "https://b.com/",
        secret,
    )


def test_a_rotated_secret_overlaps_with_the_old_one(workspace):
    endpoint, old = factories.webhook_endpoint(workspace)

    new = services.rotate_secret(endpoint=endpoint, actor=factories.user())

    endpoint.refresh_from_db()
    target = open_target(endpoint)
    assert (target.secret, target.previous_secret) == (new, old)
    assert new != old
    assert endpoint.previous_secret_until is not None


def test_one_test_is_queued_at_a_time(workspace):
    endpoint, _ = factories.webhook_endpoint(workspace)

    for _ in range(3):
        services.send_test(endpoint=endpoint, actor=factories.user())

    assert WebhookMessage.objects.count() == 1


def test_a_deleted_endpoint_leaves_only_the_activity_log(workspace):
    endpoint, _ = factories.webhook_endpoint(workspace)
    services.send_test(endpoint=endpoint, actor=factories.user())

    services.delete_endpoint(endpoint=endpoint, actor=factories.user())

    assert not WebhookEndpoint.objects.exists()
    assert not WebhookMessage.objects.exists()
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["webhook.added", "webhook.tested", "webhook.deleted"]
    assert set(actions) < set(SENTENCES)


def test_messages_are_deleted_with_their_alerts_and_tests_when_they_are_as_old(
    workspace,
):
    endpoint, _ = factories.webhook_endpoint(workspace)
    closed = factories.alert(closed_at=factories.NOW)
    for alert in (closed, factories.alert(), None):
        factories.webhook_message(endpoint, alert, created_at=factories.NOW)

    forget(factories.NOW + KEPT)
    assert WebhookMessage.objects.count() == 3

    forget(factories.NOW + KEPT + timedelta(minutes=1))
    assert WebhookMessage.objects.get().alert.closed_at is None


def test_the_sealed_part_of_one_endpoint_does_not_open_in_another(workspace):
    first, _ = factories.webhook_endpoint(workspace)
    second, _ = factories.webhook_endpoint(workspace)
    second.sealed = first.sealed

    with pytest.raises(CannotDecrypt):
        open_target(second)


def test_after_a_rotation_of_the_keys_the_old_key_is_not_needed(workspace, settings):
    settings.ENCRYPTION_KEYS = ring("old")
    made = [factories.webhook_endpoint(workspace, URL) for _ in range(3)]
    settings.ENCRYPTION_KEYS = ring("new", "old")

    assert renew_endpoints(batch=2) == EndpointResult(renewed=3)
    assert renew_endpoints() == EndpointResult()

    settings.ENCRYPTION_KEYS = ring("new")
    for endpoint, secret in made:
        endpoint.refresh_from_db()
        assert open_target(endpoint).secret == secret
    assert AuditEntry.objects.filter(action="webhooks.renewed").count() == 1


def test_an_endpoint_that_cannot_be_decrypted_is_reported(workspace):
    endpoint, _ = factories.webhook_endpoint(workspace)
    WebhookEndpoint.objects.update(key_ring_id="lost")

    assert renew_endpoints() == EndpointResult(unreadable=[endpoint.public_id])
