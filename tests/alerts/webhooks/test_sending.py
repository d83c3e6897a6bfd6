"""Messages reach real HTTPS receivers once and in order, whatever fails."""

from __future__ import annotations

import dataclasses
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from streams.alerts.conditions.all_rules import RULES
from streams.alerts.evaluation import evaluate
from streams.alerts.models import Alert
from streams.alerts.webhook_sending import sending
from streams.alerts.webhooks import outbox, services
from streams.alerts.webhooks.models import WebhookEndpoint, WebhookMessage
from streams.base.clock import now
from streams.base.customer_urls.client import CustomerUrlClient
from streams.connections.models import Connection
from streams.delivery.connection import status
from streams.delivery.connection.services import replace
from streams.docs.guides.index import GUIDES
from streams.tenancy.models import Workspace
from tests import factories
from tests.servers.https_receiver import receiver

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
REASON = "Segment rejected the write key (401)."
SLACK = WebhookEndpoint.Kind.SLACK


@pytest.fixture
def connection(settings):
    """A connection with 1,200 queued events."""
    settings.PORTAL_URL = "https://portal.example"
    settings.LOCAL_WEBHOOKS = True
    cursor = factories.cursor()
    factories.append(cursor.feed, 1_200, now=now())
    return Connection.objects.get(pk=cursor.connection_id)


@pytest.fixture
def server(tmp_path):
    """A receiver on this machine."""
    with receiver(tmp_path, "localhost") as server:
        yield server


@pytest.fixture
def endpoint(connection, server):
    """The endpoint of the connection's workspace, with its secret."""
    return factories.webhook_endpoint(connection.feed.workspace, url_of(server))


@pytest.fixture
def send(server):
    """Send what is due, with a client that trusts the certificate of the receiver."""
    client = CustomerUrlClient.with_localhost()
    client = dataclasses.replace(client, ca_file=str(server.authority), total_s=1.0)
    return lambda at: sending.send_due(at, lambda: False, client=client)


def url_of(server, path="/hook"):
    return f"https://localhost:{server.port}{path}"


def refused(connection, at):
    status.need_attention(connection=connection, reason=REASON)
    evaluate(at)


def replaced(connection, at):
    replace(connection=connection, write_key=factories.write_key(), actor=None)
    evaluate(at - MINUTE)
    evaluate(at)


def verified(request, secret):
    """Return the content of a request, as the library of the specification verifies it."""
    return Webhook(secret).verify(request.body, request.headers)


def types(server):
    return [json.loads(request.body)["type"] for request in server.received]


def test_a_message_is_signed_and_says_what_happened(
    connection, endpoint, server, send, start
):
    refused(connection, start)
    send(start)

    [request] = server.received
    content = verified(request, endpoint[1])
    workspace, stream = connection.feed.workspace, connection.feed.stream
    assert request.path == "/hook"
    assert set(content) == {"type", "timestamp", "data"}
    assert content["type"] == "alert.opened"
    expected = start.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    assert content["timestamp"] == f"{expected.isoformat()}Z"
    data = content["data"]
    assert data["alert"]["condition"] == "attention"
    assert data["alert"]["title"] == "Delivery stopped"
    assert data["alert"]["reason"] == REASON
    assert data["alert"]["until"] is None
    assert data["workspace"] == {
        "id": workspace.public_id,
        "external_id": workspace.external_id,
        "name": workspace.name,
    }
    assert data["stream"] == {"id": stream.slug, "name": stream.name}
    assert data["queued_events"] == 1_200
    expires_at = datetime.fromisoformat(data["oldest_event_expires_at"])
    assert expires_at > start + timedelta(days=13)
    assert data["link"] == (
        f"https://portal.example/w/{workspace.public_id}/connection/change/"
        f"?stream={stream.slug}"
    )


def test_no_key_is_in_a_request(connection, endpoint, server, send, start):
    refused(connection, start)
    send(start)

    [request] = server.received
    text = f"{request.headers} {request.body.decode()}"
    assert endpoint[1] not in text
    assert connection.key_last4 not in text
    assert set(request.headers) == {
        *("host", "content-type", "content-length", "connection"),
        *("webhook-id", "webhook-timestamp", "webhook-signature"),
    }


def test_recovered_follows_once(connection, endpoint, server, send, start):
    refused(connection, start)
    send(start)
    replaced(connection, start + 2 * MINUTE)
    for minute in range(2, 10):
        send(start + minute * MINUTE)

    opened, closed = [verified(request, endpoint[1]) for request in server.received]
    assert (opened["type"], closed["type"]) == ("alert.opened", "alert.closed")
    assert closed["data"]["alert"]["id"] == opened["data"]["alert"]["id"]
    assert closed["data"]["alert"]["recovered"] is True
    assert closed["data"]["alert"]["until"] is not None
    ids = {request.headers["webhook-id"] for request in server.received}
    assert len(ids) == 2


def test_a_slack_channel_gets_text(connection, server, send, start):
    workspace = connection.feed.workspace
    workspace.name = "Fern <!channel> & <https://evil.example|Field>"
    workspace.save()
    factories.webhook_endpoint(workspace, url_of(server, "/T0/B0/key"), kind=SLACK)
    refused(connection, start)
    send(start)
    replaced(connection, start + 2 * MINUTE)
    send(start + 2 * MINUTE)

    opened, closed = [json.loads(request.body) for request in server.received]
    assert set(opened) == {"text"}
    name = "Fern &lt;!channel&gt; &amp; &lt;https://evil.example|Field&gt;"
    stream = connection.feed.stream.name
    title, reason, queued, link = opened["text"].splitlines()
    assert title == f"*Delivery stopped: {stream}, {name}*"
    assert (reason, queued) == (REASON, "Queued events: 1,200")
    assert link.startswith("<https://portal.example/w/")
    assert closed["text"].startswith("*Recovered: Delivery stopped: ")
    assert "webhook-signature" not in server.received[0].headers


def test_while_a_secret_is_rotated_both_verify(
    connection, endpoint, server, send, start
):
    stored, old = endpoint
    new = services.rotate_secret(endpoint=stored, actor=factories.user())
    refused(connection, start)
    send(start)

    [request] = server.received
    assert verified(request, old) == verified(request, new)

    WebhookEndpoint.objects.update(previous_secret_until=start)
    replaced(connection, start + 2 * MINUTE)
    send(start + 2 * MINUTE)
    request = server.received[1]
    assert verified(request, new)
    with pytest.raises(WebhookVerificationError):
        verified(request, old)


def test_a_retried_message_has_the_same_id_and_the_same_body(
    connection, endpoint, server, send, start
):
    server.status = 503
    refused(connection, start)
    send(start)
    factories.append(connection.feed, 5, now=now())
    server.status = 204
    send(start + MINUTE / 2)  # too early
    send(start + MINUTE)
    send(start + 2 * MINUTE)

    first, second = server.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    message = WebhookMessage.objects.get()
    assert (message.attempts, message.status) == (2, 204)


def test_while_a_receiver_fails_its_messages_wait_and_then_arrive_in_order(
    connection, endpoint, server, send, start
):
    server.status = 500
    refused(connection, start)
    send(start)
    replaced(connection, start + 3 * MINUTE)
    for minute in range(1, 10):
        send(start + minute * MINUTE)
    assert set(types(server)) == {"alert.opened"}
    server.received.clear()
    server.status = 200
    for minute in range(10, 60):
        send(start + minute * MINUTE)

    assert types(server) == ["alert.opened", "alert.closed"]


def test_a_receiver_that_fails_for_a_day_is_shown_as_failing(
    connection, endpoint, server, send, start
):
    server.status = 302
    refused(connection, start)
    for minute in range(0, 26 * 60, 5):
        send(start + minute * MINUTE)

    message = WebhookMessage.objects.get()
    stored = WebhookEndpoint.objects.get()
    assert message.given_up_at is not None
    assert 40 < message.attempts < 60
    assert not stored.is_failing(start + timedelta(hours=23))
    assert stored.is_failing(start + timedelta(hours=25))

    server.status = 200
    services.send_test(endpoint=stored, actor=factories.user())
    WebhookMessage.objects.update(due_at=start)
    send(start + timedelta(days=2))
    assert types(server)[-1] == "webhook.test"
    assert not WebhookEndpoint.objects.get().is_failing(start + timedelta(days=9))


def test_a_receiver_without_a_response_is_retried(
    connection, endpoint, server, send, start
):
    released = threading.Event()
    server.before_response = lambda: released.wait(60)
    refused(connection, start)
    send(start)
    released.set()
    server.stop()
    message = WebhookMessage.objects.get()
    assert (message.failure, message.status) == ("timeout", None)
    assert message.due_at > start
    send(message.due_at)

    message.refresh_from_db()
    assert (message.failure, message.status) == ("unreachable", None)
    assert message.attempts == 2


def test_a_receiver_that_hangs_delays_no_other(
    connection, endpoint, server, send, start, tmp_path
):
    workspace = connection.feed.workspace
    released = threading.Event()
    with receiver(tmp_path, "localhost", like=server) as hangs:
        hangs.before_response = lambda: released.wait(60)
        for number in range(3):
            factories.webhook_endpoint(workspace, url_of(hangs, f"/{number}"))
        refused(connection, start)
        send(start)
        released.set()

    assert types(server) == ["alert.opened"]
    delivered = WebhookMessage.objects.exclude(delivered_at=None)
    assert [message.endpoint_id for message in delivered] == [endpoint[0].pk]
    assert WebhookMessage.objects.unfinished().count() == 3


def test_a_claimed_message_is_free_again_when_its_sender_has_died(
    connection, endpoint, server, send, start
):
    refused(connection, start)
    WebhookMessage.objects.update(claimed_until=start + sending.CLAIM)

    send(start + sending.CLAIM - MINUTE / 2)
    assert server.received == []

    send(start + sending.CLAIM)
    assert len(server.received) == 1


def test_a_message_that_waits_is_dropped_if_the_alert_ends_first(
    connection, endpoint, server, send, start
):
    alert = Alert.objects.create(
        condition=Alert.Condition.RETRYING,
        connection=connection,
        workspace=connection.feed.workspace,
        since=start,
        opened_at=start,
        calm_since=start,
    )
    WebhookMessage.objects.create(
        endpoint=endpoint[0],
        alert=alert,
        transition="opened",
        due_at=start + 30 * MINUTE,
        expires_at=start + timedelta(days=1),
    )
    evaluate(start + 10 * MINUTE)
    send(start + 40 * MINUTE)

    assert server.received == []
    assert WebhookMessage.objects.get().dropped_at is not None


def test_an_endpoint_that_cannot_be_decrypted_keeps_its_messages(
    connection, endpoint, server, send, start
):
    WebhookEndpoint.objects.update(key_ring_id="lost")
    refused(connection, start)
    send(start)

    message = WebhookMessage.objects.get()
    assert message.failure == "unreadable"
    assert message in WebhookMessage.objects.unfinished()


def test_a_url_that_the_settings_no_longer_allow_gets_nothing(
    connection, endpoint, server, send, start, settings
):
    settings.LOCAL_WEBHOOKS = False
    refused(connection, start)
    send(start)

    assert server.received == []
    assert WebhookMessage.objects.get().failure == "refused"


class Stream:
    """A stream with several connections that fail, and an endpoint of its partner."""

    def __init__(self, connection, server, count):
        self.connections = [connection]
        stream = connection.feed.stream
        for _ in range(count - 1):
            cursor = factories.cursor(factories.connection(factories.feed(stream)))
            self.connections.append(cursor.connection)
        self.endpoint = factories.webhook_endpoint(stream.partner, url_of(server))


@pytest.fixture
def stream(connection, server):
    return Stream(connection, server, 4)


def test_a_partner_gets_one_message_about_many_workspaces(stream, server, send, start):
    for connection in stream.connections:
        refused(connection, start)
    for minute in range(5):
        send(start + minute * MINUTE)

    [request] = server.received
    content = verified(request, stream.endpoint[1])
    assert content["type"] == "alert.opened"
    assert content["data"]["workspaces"]["count"] == 4
    assert len(content["data"]["workspaces"]["first"]) == 4
    assert content["data"]["link"].startswith("https://portal.example/p/")


def test_alerts_that_an_evaluation_opens_after_the_message_need_no_other_one(
    stream, server, send, start
):
    first, *others = stream.connections
    refused(first, start)
    send(start + MINUTE / 6)
    for connection in others:  # in a later transaction of the same evaluation
        refused(connection, start)
    send(start + 70 * MINUTE)

    assert types(server) == ["alert.opened"]


def test_a_partner_learns_when_the_last_of_them_has_recovered(
    stream, server, send, start
):
    for connection in stream.connections:
        refused(connection, start)
    send(start + MINUTE)
    for number, connection in enumerate(stream.connections):
        assert types(server) == ["alert.opened"]
        at = start + (3 + 3 * number) * MINUTE
        replaced(connection, at)
        send(at)

    assert types(server) == ["alert.opened", "alert.closed"]
    assert json.loads(server.received[1].body)["data"]["workspaces"]["count"] == 0


def test_the_next_message_to_a_partner_follows_an_hour_later(
    stream, server, send, start
):
    first, second, *_ = stream.connections
    refused(first, start)
    send(start + MINUTE)
    refused(second, start + 5 * MINUTE)
    send(start + 59 * MINUTE)
    assert types(server) == ["alert.opened"]

    send(start + 62 * MINUTE)

    assert types(server) == ["alert.opened"] * 2
    assert json.loads(server.received[1].body)["data"]["workspaces"]["count"] == 1


def test_a_test_workspace_sends_nothing_to_the_partner(stream, server, send, start):
    Workspace.objects.update(is_test=True)
    refused(stream.connections[0], start)
    send(start + MINUTE)

    assert server.received == []


def test_an_end_that_is_not_news_is_only_for_programs(
    connection, endpoint, server, send, start
):
    slack = url_of(server, "/slack")
    factories.webhook_endpoint(connection.feed.workspace, slack, kind=SLACK)
    over = Alert.objects.filter(pk=factories.alert(connection).pk)
    waits = {"waits": 0 * MINUTE, "partner_waits": None}
    outbox.add_opened("issues", over, start, **waits)
    outbox.add_closed("issues", over, start, is_news=False)
    send(start)
    send(start)

    paths = [request.path for request in server.received]
    assert sorted(paths) == ["/hook", "/hook", "/slack"]


def test_another_workspace_or_partner_gets_nothing(connection, server, send, start):
    factories.webhook_endpoint(factories.workspace(), url_of(server))
    factories.webhook_endpoint(factories.partner(), url_of(server))
    refused(connection, start)
    send(start + MINUTE)

    assert server.received == []


@pytest.mark.parametrize("condition", Alert.Condition.values)
@pytest.mark.parametrize("transition", ["opened", "closed"])
@pytest.mark.parametrize("kind", WebhookEndpoint.Kind.values)
def test_every_kind_of_alert_has_a_message(
    connection, server, send, start, condition, transition, kind
):
    over = start if transition == "closed" else None
    alert = factories.alert(connection, condition=condition, count=7, closed_at=over)
    if condition in ("halted", "stage"):  # about a stream of the partner
        Alert.objects.update(connection=None, workspace=None)
    times = {"due_at": start, "expires_at": start + MINUTE}
    for owner in (connection.feed.workspace, connection.feed.stream.partner):
        endpoint, _ = factories.webhook_endpoint(owner, url_of(server), kind=kind)
        factories.webhook_message(endpoint, alert, transition=transition, **times)

    send(start)

    assert not WebhookMessage.objects.unfinished().exists()
    assert not WebhookMessage.objects.exclude(failure="").exists()
    for request in server.received:
        assert str(Alert.Condition(condition).label) in request.body.decode()


def test_the_guide_lists_every_kind_of_alert():
    listed = [rule.condition for rule in RULES if not rule.for_operators]
    for condition in listed:
        assert f"`{condition}`" in GUIDES["webhooks"].text
