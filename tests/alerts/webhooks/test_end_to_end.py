"""A real worker and beat, a real Segment, HTTPS receivers and an SMTP server."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from streams.alerts.evaluation import evaluate
from streams.alerts.models import Alert, Notice
from streams.alerts.webhooks.models import WebhookEndpoint, WebhookMessage
from streams.base.clock import now
from streams.connections.models import Connection
from streams.delivery.connection.services import replace
from streams.delivery.models import Cursor
from tests import factories
from tests.portal_processes import until
from tests.secret_leaks import places_with
from tests.servers.https_receiver import receiver

pytestmark = [pytest.mark.processes]

WITHIN_S = 90


@pytest.fixture
def receivers(tmp_path):
    """Two receivers on this machine with the same certificate."""
    with (
        receiver(tmp_path, "localhost") as first,
        receiver(tmp_path, "localhost", like=first) as other,
    ):
        yield first, other


@pytest.fixture
def connection(portal, smtp, receivers, settings):
    """A connection whose key Segment refuses, and a portal whose processes are about to start."""
    portal.environ |= {
        "EMAIL_URL": smtp.url,
        "PORTAL_URL": "https://portal.example",
        "LOCAL_WEBHOOKS": "on",
        "SSL_CERT_FILE": str(receivers[0].authority),
    }
    settings.LOCAL_WEBHOOKS = True
    cursor = factories.cursor()
    factories.append(cursor.feed, 3, now=now())
    factories.member(cursor.feed.workspace, "admin", "anna@example.com")
    return Connection.objects.get(pk=cursor.connection_id)


def add(connection, server, path, kind="webhook"):
    url = f"https://localhost:{server.port}{path}"
    return factories.webhook_endpoint(connection.feed.workspace, url, kind=kind)


def types(server, path):
    return [
        json.loads(request.body)["type"]
        for request in server.received
        if request.path == path
    ]


def refuse(portal, far_segment):
    far_segment.behave({"answers": [], "then": 401})
    worker = portal.worker()
    portal.beat()
    return worker


def test_a_refused_key_and_its_replacement_reach_each_channel_once(
    portal, connection, far_segment, smtp, receivers
):
    server, slack = receivers
    _, secret = add(connection, server, "/hook")
    add(connection, slack, "/T0/B0/s3cret-path", WebhookEndpoint.Kind.SLACK)
    refuse(portal, far_segment)
    until(
        lambda: smtp.accepted and server.received and slack.received, within_s=WITHIN_S
    )

    far_segment.behave()
    connection.refresh_from_db()
    replace(connection=connection, write_key=factories.write_key(), actor=None)
    until(Cursor.objects.filter(position=3, failures=0).exists)
    # As if beat's next evaluations had been due, which takes two or three minutes.
    evaluate(now())
    Alert.objects.open().update(calm_since=now() - timedelta(minutes=2))
    evaluate(now())
    assert not Alert.objects.open().exists()
    until(lambda: not WebhookMessage.objects.unfinished().exists())
    until(lambda: not Notice.objects.unfinished().exists())

    opened, closed = [
        Webhook(secret).verify(request.body, request.headers)
        for request in server.received
    ]
    assert (opened["type"], closed["type"]) == ("alert.opened", "alert.closed")
    assert opened["data"]["alert"]["reason"] == "Segment rejected the write key (401)."
    assert closed["data"]["alert"]["recovered"] is True
    texts = [json.loads(request.body)["text"] for request in slack.received]
    titles = [text.partition(":")[0] for text in texts]
    assert titles == ["*Delivery stopped", "*Recovered"]
    subjects = [mail["Subject"].partition(":")[0] for mail in smtp.accepted]
    assert subjects == ["Delivery stopped", "Recovered"]
    for text in (secret, "s3cret-path"):
        assert places_with(text, portal) == []


def test_a_receiver_that_hangs_delays_no_email_and_no_other_receiver(
    portal, connection, far_segment, smtp, receivers
):
    server, hangs = receivers
    released = threading.Event()
    hangs.before_response = lambda: released.wait(120)
    for number in range(3):
        add(connection, hangs, f"/{number}")
    add(connection, server, "/hook")
    refuse(portal, far_segment)
    until(lambda: smtp.accepted and server.received, within_s=WITHIN_S)
    until(
        lambda: WebhookMessage.objects.filter(failure="timeout").count() == 3,
        within_s=WITHIN_S,
    )
    released.set()

    assert types(server, "/hook") == ["alert.opened"]
    until(lambda: WebhookMessage.objects.unfinished().count() == 3, within_s=WITHIN_S)


def test_a_worker_that_is_killed_while_it_sends_repeats_at_most_that_message(
    portal, connection, far_segment, receivers
):
    server, other = receivers
    arrived, killed = threading.Event(), threading.Event()

    def hold() -> None:
        arrived.set()
        killed.wait(60)

    server.before_response = hold
    add(connection, server, "/hook")
    add(connection, other, "/other")
    worker = refuse(portal, far_segment)
    assert arrived.wait(WITHIN_S)
    portal.kill(worker)
    server.before_response = lambda: None
    killed.set()
    # As if the claims had run out, which takes a minute.
    WebhookMessage.objects.exclude(claimed_until=None).update(claimed_until=now())
    portal.worker()
    until(lambda: not WebhookMessage.objects.unfinished().exists(), within_s=WITHIN_S)

    first, second = server.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert len({request.headers["webhook-id"] for request in other.received}) == 1
