"""A real worker and beat, a real Segment and a real SMTP server."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from streams.alerts.models import Alert, Notice
from streams.base.clock import now
from streams.connections.models import Connection
from streams.delivery.connection.services import replace
from streams.observability.work_figures.models import StoredFigures
from streams.observability.work_figures.store import store_figures
from tests import factories
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]

SEEN_WITHIN_S = 60


@pytest.fixture
def connection(portal, smtp):
    """A connection whose key Segment refuses, and a portal whose processes are about to start."""
    portal.environ |= {"EMAIL_URL": smtp.url, "PORTAL_URL": "https://portal.example"}
    cursor = factories.cursor()
    factories.append(cursor.feed, 3, now=now())
    factories.member(cursor.feed.workspace, "admin", "anna@example.com")
    factories.member(cursor.feed.workspace, "admin", "arne@example.com")
    partner = cursor.feed.workspace.partner
    factories.partner_member(partner, "admin", "petra@postbox.example")
    return Connection.objects.get(pk=cursor.connection_id)


def received(smtp) -> list[tuple[str, str]]:
    return sorted((mail["To"], mail["Subject"].partition(":")[0]) for mail in smtp.accepted)  # fmt: skip


def test_a_refused_key_notifies_each_admin_and_the_partner_once_and_its_replacement_too(
    portal, connection, far_segment, smtp
):
    far_segment.behave({"answers": [], "then": 401})
    portal.worker()
    portal.beat()
    until(lambda: len(smtp.accepted) == 3, within_s=SEEN_WITHIN_S)
    assert received(smtp) == [
        ("anna@example.com", "Delivery stopped"),
        ("arne@example.com", "Delivery stopped"),
        ("petra@postbox.example", "Delivery stopped for 1 workspace"),
    ]
    anna = Client()
    anna.force_login(connection.feed.workspace.members.get(email="anna@example.com"))
    url = reverse("portal:alerts", args=[connection.feed.workspace.public_id])
    assert "Segment rejected the write key (401)." in anna.get(url).text

    far_segment.behave()
    connection.refresh_from_db()
    replace(connection=connection, write_key=factories.write_key(), actor=None)
    until(lambda: Alert.objects.exclude(closed_at=None).exists(), within_s=240)
    until(lambda: not Notice.objects.unfinished().exists())

    assert received(smtp) == [
        ("anna@example.com", "Delivery stopped"),
        ("anna@example.com", "Recovered"),
        ("arne@example.com", "Delivery stopped"),
        ("arne@example.com", "Recovered"),
        ("petra@postbox.example", "Delivery stopped for 1 workspace"),
        ("petra@postbox.example", "Recovered"),
    ]
    assert "Recovered" in anna.get(url).text


def test_a_worker_that_is_killed_while_it_sends_repeats_at_most_that_email(
    portal, connection, far_segment, smtp
):
    accepted, killed = threading.Event(), threading.Event()

    def hold(_: object) -> None:
        accepted.set()
        killed.wait(60)

    smtp.before_response = hold
    far_segment.behave({"answers": [], "then": 401})
    worker = portal.worker()
    portal.beat()
    assert accepted.wait(60)
    portal.kill(worker)
    smtp.before_response = lambda _: None
    killed.set()
    # As if the claim had run out, which takes three minutes.
    Notice.objects.exclude(claimed_until=None).update(claimed_until=now())
    portal.worker()
    until(lambda: not Notice.objects.unfinished().exists())

    ids = [mail["Message-ID"] for mail in smtp.accepted]
    assert len(ids) == 4
    assert len(set(ids)) == 3


def test_workers_notify_operators_if_beat_does_not_run(portal, connection, smtp):
    factories.staff("olga@portal.example")
    store_figures(now())
    StoredFigures.objects.update(at=now() - timedelta(minutes=10))
    portal.worker()

    until(lambda: received(smtp) != [], within_s=120)

    assert received(smtp) == [("olga@portal.example", "Beat isn't running")]
