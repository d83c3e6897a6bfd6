"""Webhook endpoints and messages in the admin: status, filters, and sending again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from streams.alerts.models import Alert
from streams.alerts.webhooks.disabling import disable, enable
from streams.alerts.webhooks.failing import failing_endpoints
from streams.alerts.webhooks.models import WebhookEndpoint, WebhookMessage
from streams.audit.details import all_details
from streams.audit.models import AuditEntry
from streams.audit.sentences import describe
from streams.base.clock import now
from tests import factories

pytestmark = pytest.mark.django_db

STATES = {
    "waiting": {},
    "retrying": {"status": 503, "attempts": 2},
    "delivered": {"status": 200, "delivered_at": factories.NOW},
    "dropped": {"dropped_at": factories.NOW},
    "given_up": {"failure": "timeout", "attempts": 9, "given_up_at": factories.NOW},
}


@pytest.fixture
def endpoint():
    return factories.webhook_endpoint(factories.workspace())[0]


@pytest.fixture
def messages(endpoint):
    """A message in each state."""
    return {
        name: factories.webhook_message(endpoint, None, **fields)
        for name, fields in STATES.items()
    }


def list_of_messages(**query):
    return reverse("admin:streams_webhookmessage_changelist", query=query)


def send_again(client, message):
    """Run the action; return the messages of the page that follows."""
    form = {"action": "send_again", "_selected_action": [message.pk]}
    response = client.post(list_of_messages(), form, follow=True)
    return [str(one) for one in response.context["messages"]]


@pytest.mark.parametrize("state", STATES)
def test_messages_are_filtered_by_their_status(staff, messages, state):
    listed = staff.get(list_of_messages(status=state)).context["cl"].result_list

    assert list(listed) == [messages[state]]
    assert listed[0].state == state


def test_every_status_is_a_filter():
    assert STATES.keys() == set(WebhookMessage.State.values)


def test_an_endpoint_leads_to_its_messages_and_a_message_to_its_endpoint(
    staff, endpoint, messages
):
    other, _ = factories.webhook_endpoint(factories.workspace())
    factories.webhook_message(other, None)
    page = reverse("admin:streams_webhookendpoint_change", args=[endpoint.pk])
    of_endpoint = list_of_messages(endpoint=endpoint.public_id)

    assert of_endpoint in staff.get(page).text
    listed = staff.get(of_endpoint)
    assert len(listed.context["cl"].result_list) == len(messages)
    assert f'href="{page}"' in listed.text


def test_a_failed_message_is_sent_again_from_the_start(staff, olga, messages):
    message = messages["given_up"]

    said = send_again(staff, message)

    message.refresh_from_db()
    assert said == [f"Sending message {message} again."]
    assert (message.is_unfinished, message.attempts) == (True, 0)
    assert message.due_at <= now() < message.expires_at
    assert WebhookMessage.objects.due(now()).first().endpoint == message.endpoint
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor) == ("webhook.sent_again", olga)
    assert entry.workspace == message.endpoint.workspace
    assert describe(entry.action, entry.detail) == (
        "Sent a message to the webhook endpoint https://hooks.example.com/alerts again"
    )
    assert all_details(entry.action, entry.detail) == [f"Message: {message}"]


def test_a_message_that_is_retried_is_sent_at_once(staff, messages):
    message = messages["retrying"]
    later = now() + timedelta(minutes=20)
    WebhookMessage.objects.filter(pk=message.pk).update(due_at=later)

    send_again(staff, message)

    message.refresh_from_db()
    assert message.due_at <= now()


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("waiting", "This message is queued already."),
        ("delivered", "This message was delivered already."),
    ],
)
def test_other_messages_are_not_sent_again(staff, messages, state, why):
    message = messages[state]
    count = AuditEntry.objects.count()

    said = send_again(staff, message)

    assert said == [f"{message}: {why}"]
    assert AuditEntry.objects.count() == count


def test_a_message_about_an_alert_that_ended_is_not_sent_again(staff, endpoint):
    alert = factories.alert(closed_at=factories.NOW)
    message = factories.webhook_message(endpoint, alert, dropped_at=factories.NOW)

    said = send_again(staff, message)

    assert said == [f"{message}: The alert ended before this message was sent."]


def test_the_messages_of_a_disabled_endpoint_are_not_sent_again(
    staff, endpoint, messages
):
    message = messages["given_up"]
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(gone_at=now())

    said = send_again(staff, message)

    why = "The endpoint is disabled, because its receiver responded 410 Gone."
    assert said == [f"{message}: {why}"]
    message.refresh_from_db()
    assert message.given_up_at
    assert not AuditEntry.objects.filter(action="webhook.sent_again").exists()


@pytest.mark.parametrize("transition", ["opened", "closed", "test"])
def test_a_message_that_was_dropped_with_its_endpoint_says_so_once_it_is_enabled(
    staff, olga, endpoint, transition
):
    alert = None if transition == "test" else factories.alert()
    message = factories.webhook_message(endpoint, alert, transition=transition)
    if transition == "closed":
        Alert.objects.update(closed_at=now() - timedelta(hours=1))
    disable(endpoint_id=endpoint.pk, now=now())
    endpoint.refresh_from_db()
    assert enable(endpoint=endpoint, actor=olga)

    [said] = send_again(staff, message)

    assert said == (
        f"{message}: This message was dropped when the endpoint was disabled, because its"
        " receiver responded 410 Gone. Since it was enabled again, the endpoint gets"
        " messages about new alerts."
    )
    message.refresh_from_db()
    assert message.dropped_at


def test_only_operators_with_the_permission_send_messages_again(client, messages):
    viewer = factories.user(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_webhookmessage"))
    client.force_login(viewer)

    assert "Send again" not in client.get(list_of_messages()).text
    send_again(client, messages["given_up"])

    messages["given_up"].refresh_from_db()
    assert messages["given_up"].given_up_at is not None


def test_an_endpoint_leads_to_the_activity_log_of_its_owner(staff, endpoint):
    partner = factories.partner()
    of_partner, _ = factories.webhook_endpoint(partner)
    logs = [
        staff.get(reverse("admin:streams_webhookendpoint_history", args=[one.pk])).url
        for one in (endpoint, of_partner)
    ]

    assert [log.partition("?")[2] for log in logs] == [
        f"workspace={endpoint.workspace.public_id}",
        f"partner={partner.slug}",
    ]


# --- Failing endpoints -----------------------------------------------------------------------


def fails_since(endpoint, at):
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failing_since=at)


def test_an_endpoint_that_missed_a_message_is_listed_at_once(staff, endpoint):
    began = now() - timedelta(hours=2)
    fails_since(endpoint, began)
    cursor = factories.due_cursor(1)
    before = list(failing_endpoints(now()))
    factories.webhook_message(
        endpoint, factories.alert(cursor.connection), status=500, given_up_at=now()
    )

    [item] = (
        staff.get(
            reverse(
                "admin:streams_webhookendpoint_changelist", query={"status": "failing"}
            )
        )
        .context["cl"]
        .result_list
    )

    assert before == []
    assert item == endpoint


def test_a_failed_test_or_a_short_failure_is_the_owners_business(endpoint):
    fails_since(endpoint, now() - timedelta(hours=2))
    factories.webhook_message(endpoint, None, status=500, given_up_at=now())

    assert list(failing_endpoints(now())) == []


def test_an_endpoint_that_works_again_is_not_listed(endpoint):
    about = factories.alert(factories.due_cursor(1).connection)
    factories.webhook_message(endpoint, about, status=500, given_up_at=now())

    assert list(failing_endpoints(now())) == []
