"""Reminders about alerts that stay open, until someone acknowledges them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from streams.alerts.models import Alert, Notice
from streams.alerts.people.acknowledging import acknowledge
from streams.alerts.people.choices import choose
from streams.alerts.sending import send_due
from streams.tenancy.models import WorkspaceMembership
from tests import factories

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def alert(start, settings):
    """An open alert, about which Anna has got an email."""
    settings.PORTAL_URL = "https://portal.example"
    settings.DEFAULT_FROM_EMAIL = "Portal <alerts@portal.example>"
    connection = factories.cursor().connection
    anna = factories.member(connection.feed.workspace, "admin", "anna@example.com")
    return opened(connection, anna, start)


def opened(connection, anna, at, **fields) -> Alert:
    made = factories.alert(connection, to=anna, opened_at=at, since=at, **fields)
    made.notices.update(due_at=at, expires_at=at + DAY)
    return made


def send(at) -> None:
    send_due(at, stop=lambda: False)


def subjects(smtp) -> list[str]:
    return [mail["Subject"].partition(": ")[0] for mail in smtp.accepted]


@pytest.fixture
def anna(alert):
    return WorkspaceMembership.objects.get().user


def test_an_open_alert_is_reminded_of_once_a_day_in_the_same_thread(alert, smtp, start):
    for hour in range(0, 73, 6):
        send(start + timedelta(hours=hour))
        send(start + timedelta(hours=hour) + MINUTE)

    first, *reminders = smtp.accepted
    assert subjects(smtp) == ["Delivery stopped", *["Still open"] * 3]
    assert reminders[0]["Subject"] == f"Still open: {first['Subject']}"
    assert len({mail["Message-ID"] for mail in smtp.accepted}) == 4
    for reminder in reminders:
        assert reminder["In-Reply-To"] == first["Message-ID"]
        assert reminder["References"] == first["Message-ID"]
        assert "List-Unsubscribe" in reminder
    inbox = Notice.objects.filter(channel="inbox").exclude(sent_at=None)
    assert [one.transition for one in inbox] == ["remind"] * 3


def test_an_acknowledged_alert_is_not_reminded_of(alert, anna, smtp, start):
    send(start)
    acknowledge(alert=alert, actor=anna)

    send(start + DAY)
    send(start + 2 * DAY)

    assert subjects(smtp) == ["Delivery stopped"]


def test_a_reminder_that_waits_is_dropped_once_someone_acknowledges(
    alert, anna, smtp, start
):
    send(start)
    smtp.stop()
    send(start + DAY)
    acknowledge(alert=alert, actor=anna)
    smtp.start()

    send(start + DAY + 5 * MINUTE)

    assert subjects(smtp) == ["Delivery stopped"]
    assert Notice.objects.get(transition="remind", channel="email").dropped_at


def test_an_alert_that_is_over_is_not_reminded_of(alert, smtp, start):
    send(start)
    Alert.objects.update(closed_at=start + DAY - MINUTE)

    send(start + DAY)

    assert subjects(smtp) == ["Delivery stopped"]


def test_news_and_kinds_that_are_off_are_not_reminded_of(alert, anna, smtp, start):
    choose(user=anna, owner=alert.workspace, choices={("attention", "email"): "off"})
    opened(alert.connection, anna, start, condition="replay_finished")
    send(start)

    send(start + DAY)

    assert "Still open" not in subjects(smtp)


def test_reminders_at_the_same_time_are_one_email(alert, anna, smtp, start):
    opened(alert.connection, anna, start, condition="late")
    send(start)

    send(start + DAY)
    send(start + DAY + MINUTE)

    assert len(smtp.accepted) == 3
    assert smtp.accepted[2]["Subject"] == "Alert digest: 2 alerts"


def test_the_reminder_of_someone_with_digests_is_in_the_next_one(
    alert, anna, smtp, start
):
    send(start)
    choose(user=anna, owner=alert.workspace, choices={("attention", "email"): "hourly"})

    send(start + DAY)
    assert len(smtp.accepted) == 1
    send(start + DAY + 60 * MINUTE)

    assert smtp.accepted[1]["Subject"] == "Alert digest: 1 alert"
