"""Notices reach a real SMTP server once, whatever fails."""

from __future__ import annotations

from datetime import timedelta

import pytest

from streams.alerts.conditions.all_rules import RULES
from streams.alerts.evaluation import evaluate
from streams.alerts.models import Alert, Notice
from streams.alerts.sending import CLAIM, send_due
from streams.base.clock import now
from streams.connections.models import Connection
from streams.delivery.connection import status
from streams.delivery.connection.services import replace
from streams.tenancy.models import WorkspaceMembership
from tests import factories

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
REASON = "Segment rejected the write key (401)."


@pytest.fixture
def connection(settings):
    """A connection with 1,200 queued events, whose workspace has an admin."""
    settings.PORTAL_URL = "https://portal.example"
    settings.DEFAULT_FROM_EMAIL = "Portal <alerts@portal.example>"
    cursor = factories.cursor()
    factories.append(cursor.feed, 1_200, now=now())
    factories.member(cursor.feed.workspace, "admin", "anna@example.com")
    return Connection.objects.get(pk=cursor.connection_id)


def refused(connection: Connection, at) -> None:
    status.need_attention(connection=connection, reason=REASON)
    evaluate(at)


def replaced(connection: Connection, at) -> None:
    replace(connection=connection, write_key=factories.write_key(), actor=None)
    evaluate(at - MINUTE)
    evaluate(at)


def send(at) -> None:
    send_due(at, stop=lambda: False)


def subjects(smtp) -> list[str]:
    return [mail["Subject"] for mail in smtp.accepted]


def test_the_email_says_what_happened_and_links_to_the_page_that_fixes_it(
    connection, smtp, start
):
    refused(connection, start)
    send(start)

    [mail] = smtp.accepted
    workspace, stream = connection.feed.workspace, connection.feed.stream
    link = f"https://portal.example/w/{workspace.public_id}/connection/change/?stream={stream.slug}"
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert mail["To"] == "anna@example.com"
    assert mail["Subject"] == f"Delivery stopped: {stream.name}, {workspace.name}"
    for version in (text, html):
        assert REASON in version
        assert f"{now():%H:}" in version
        assert "1,200" in version
        assert "The oldest expires" in version
        # To the page that fixes it, to the settings, and to unsubscribe.
        assert version.count("https://") == 3
    assert link in text.splitlines()
    assert f'href="{link}"' in html
    assert mail["Auto-Submitted"] == "auto-generated"


def test_recovered_follows_in_the_same_thread(connection, smtp, start):
    refused(connection, start)
    send(start)
    replaced(connection, start + 2 * MINUTE)
    send(start + 2 * MINUTE)
    send(start + 3 * MINUTE)

    opened, recovered = smtp.accepted
    assert recovered["Subject"] == f"Recovered: {opened['Subject']}"
    assert recovered["References"] == recovered["In-Reply-To"] == opened["Message-ID"]
    assert recovered["Message-ID"] != opened["Message-ID"]
    assert opened["Message-ID"].endswith("@portal.example>")


def test_while_the_server_is_down_notices_wait_and_then_arrive_once_in_order(
    connection, smtp, start
):
    smtp.stop()
    refused(connection, start)
    send(start)
    replaced(connection, start + 3 * MINUTE)
    for minute in range(1, 10):
        send(start + minute * MINUTE)
    assert Notice.objects.unfinished().count() == 2
    smtp.start()
    for minute in range(10, 60):
        send(start + minute * MINUTE)

    opened, recovered = subjects(smtp)
    assert recovered == f"Recovered: {opened}"
    assert not Notice.objects.unfinished().exists()


def test_a_server_that_refuses_for_a_day_ends_the_attempts(connection, smtp, start):
    smtp.refuses = True
    refused(connection, start)

    for minute in range(0, 26 * 60, 5):
        send(start + minute * MINUTE)

    notice = Notice.objects.get(channel="email", transition="opened")
    assert notice.given_up_at is not None
    assert 40 < notice.attempts < 60
    smtp.refuses = False
    replaced(connection, start + timedelta(days=2))
    send(start + timedelta(days=2))
    assert smtp.accepted == []  # no one was notified of the start


def test_an_email_whose_response_is_lost_is_sent_again_with_the_same_id(
    connection, smtp, start
):
    smtp.before_response = lambda _: 1 / 0  # the connection breaks
    refused(connection, start)
    send(start)
    smtp.before_response = lambda _: None
    send(start + MINUTE)
    send(start + 2 * MINUTE)

    first, second = smtp.accepted
    assert first["Message-ID"] == second["Message-ID"]


def test_a_claimed_notice_is_free_again_when_its_sender_has_died(
    connection, smtp, start
):
    refused(connection, start)
    Notice.objects.update(claimed_until=start + CLAIM)

    send(start + CLAIM - MINUTE)
    assert smtp.accepted == []

    send(start + CLAIM)
    assert len(smtp.accepted) == 1


def test_someone_who_is_no_longer_an_admin_gets_nothing(connection, smtp, start):
    refused(connection, start)
    WorkspaceMembership.objects.update(role="viewer")

    send(start)

    assert smtp.accepted == []
    assert not Notice.objects.filter(dropped_at=None).exists()


def test_without_an_own_address_the_email_has_no_link(
    connection, smtp, start, settings
):
    settings.PORTAL_URL, settings.HTTPS = "", True
    settings.ALLOWED_HOSTS = [".example"]
    refused(connection, start)

    send(start)

    [mail] = smtp.accepted
    assert "://" not in mail.get_body(("plain",)).get_content()


def test_a_name_with_a_line_break_adds_no_header(connection, smtp, start):
    workspace = connection.feed.workspace
    workspace.name = "Evil\r\nBcc: all@example.com"
    workspace.save()
    refused(connection, start)

    send(start)

    [mail] = smtp.accepted
    assert mail["Bcc"] is None
    assert "Evil" in mail["Subject"]


@pytest.mark.parametrize(
    "condition", [rule.condition for rule in RULES if not rule.for_operators]
)
@pytest.mark.parametrize("transition", ["opened", "closed"])
def test_every_kind_of_notice_has_an_email(
    connection, smtp, start, condition, transition
):
    anna = WorkspaceMembership.objects.get().user
    alert = Alert.objects.create(
        condition=condition,
        connection=connection,
        subject=f"connection:{connection.pk}",
        workspace=connection.feed.workspace,
        stream=connection.feed.stream,
        since=start,
        opened_at=start,
        closed_at=start if transition == "closed" else None,
    )
    times = {"due_at": start, "expires_at": start + timedelta(days=1)}
    Notice.objects.create(alert=alert, transition=transition, recipient=anna, **times)

    send(start)

    [mail] = smtp.accepted
    assert str(Alert.Condition(condition).label) in mail["Subject"]


def test_the_inbox_gets_each_notice_even_if_the_email_server_is_down(
    connection, smtp, start
):
    smtp.stop()
    refused(connection, start)
    send(start)
    replaced(connection, start + 2 * MINUTE)
    send(start + 2 * MINUTE)

    inbox = Notice.objects.filter(channel="inbox").order_by("pk")
    assert list(inbox.values_list("transition", "sent_at")) == [
        ("opened", start),
        ("closed", start + 2 * MINUTE),
    ]
