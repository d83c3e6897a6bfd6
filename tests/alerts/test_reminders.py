"""Reminders about alerts that stay open, until someone acknowledges them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from streams.alerts.models import Alert, Notice
from streams.alerts.people.acknowledging import acknowledge
from streams.alerts.people.choices import choose
from streams.alerts.people.muting import MuteFor, mute
from streams.alerts.sending import send_due
from streams.tenancy.models import WorkspaceMembership
from tests import factories

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
WORKSPACE, PARTNER, OPERATOR = Notice.Audience


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
    acknowledge(alert=alert, audience=WORKSPACE, actor=anna)

    send(start + DAY)
    send(start + 2 * DAY)

    assert subjects(smtp) == ["Delivery stopped"]


def test_a_reminder_that_waits_is_dropped_once_someone_acknowledges(
    alert, anna, smtp, start
):
    send(start)
    smtp.stop()
    send(start + DAY)
    acknowledge(alert=alert, audience=WORKSPACE, actor=anna)
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


@pytest.fixture
def petra(alert, anna):
    """An admin of the partner, who has got a notice. Anna gets no emails."""
    choose(user=anna, owner=alert.workspace, choices={("attention", "email"): "off"})
    made = factories.partner_member(alert.partner, "admin", "petra@postbox.example")
    Notice.objects.create(
        alert=alert, transition="opened", audience="partner", partner=alert.partner,
        recipient=made, due_at=alert.opened_at, sent_at=alert.opened_at,
        expires_at=alert.opened_at + DAY,
    )  # fmt: skip
    return made


def others_of(alert: Alert, count: int) -> list[Alert]:
    """Open the same alert for more workspaces of the stream."""
    opened_at = alert.opened_at + MINUTE
    made = []
    for _ in range(count):
        feed = factories.feed(alert.stream, factories.workspace(alert.partner))
        cursor = factories.cursor(factories.connection(feed))
        one = factories.alert(cursor.connection, opened_at=opened_at, since=opened_at)
        one.notices.all().delete()
        made.append(one)
    return made


def to_petra(smtp) -> list[str]:
    mails = [mail for mail in smtp.accepted if mail["To"].startswith("petra")]
    return [mail["Subject"] for mail in mails]


def test_a_partner_has_one_reminder_a_day_of_all_open_alerts_of_a_stream(
    alert, petra, smtp, start
):
    others_of(alert, 2)

    for hour in range(1, 72, 6):
        send(start + timedelta(hours=hour))

    stream = alert.stream.name
    title = f"Still open: Delivery stopped for 3 workspaces: {stream}"
    assert to_petra(smtp) == [title] * 2


def test_a_partner_is_not_reminded_of_alerts_that_someone_takes_care_of(
    alert, petra, smtp, start
):
    (other,) = others_of(alert, 1)
    acknowledge(alert=alert, audience=PARTNER, actor=petra)
    send(start + DAY + 2 * MINUTE)
    stream = alert.stream.name
    title = f"Still open: Delivery stopped for 1 workspace: {stream}"
    assert to_petra(smtp) == [title]

    acknowledge(alert=other, audience=PARTNER, actor=petra)
    send(start + 3 * DAY)
    assert to_petra(smtp) == [title]


def close(alert, petra) -> None:
    Alert.objects.filter(pk=alert.pk).update(closed_at=alert.opened_at + DAY)


def take_care(alert, petra) -> None:
    acknowledge(alert=alert, audience=PARTNER, actor=petra)


@pytest.mark.parametrize("change", [close, take_care])
def test_a_partners_reminder_that_waits_is_about_the_alerts_that_still_need_someone(
    alert, petra, smtp, start, change
):
    others_of(alert, 2)
    smtp.stop()
    send(start + DAY)
    change(alert, petra)
    smtp.start()

    send(start + DAY + 5 * MINUTE)

    stream = alert.stream.name
    title = f"Still open: Delivery stopped for 2 workspaces: {stream}"
    assert to_petra(smtp) == [title]


def to_anna(smtp, anna) -> list[str]:
    mails = [mail for mail in smtp.accepted if mail["To"] == anna.email]
    return [mail["Subject"].partition(": ")[0] for mail in mails]


def test_a_partner_that_takes_care_does_not_stop_the_customers_reminders(
    alert, anna, petra, smtp, start
):
    choose(user=anna, owner=alert.workspace, choices={("attention", "email"): "now"})
    assert acknowledge(alert=alert, audience=PARTNER, actor=petra)

    send(start)
    send(start + DAY)
    assert to_anna(smtp, anna) == ["Delivery stopped", "Still open"]
    assert to_petra(smtp) == []

    assert acknowledge(alert=alert, audience=WORKSPACE, actor=anna)
    send(start + 2 * DAY)
    assert to_anna(smtp, anna) == ["Delivery stopped", "Still open"]


def test_a_customer_who_takes_care_does_not_stop_the_partners_reminders(
    alert, anna, petra, smtp, start
):
    acknowledge(alert=alert, audience=WORKSPACE, actor=anna)

    send(start + DAY)

    assert len(to_petra(smtp)) == 1


def test_a_partners_first_reminder_comes_a_day_after_its_notice_not_later(
    alert, petra, smtp, start
):
    notice = start + 2 * MINUTE
    alert.notices.filter(audience="partner").update(due_at=notice, sent_at=notice)

    send(start + DAY)
    assert to_petra(smtp) == []
    send(start + DAY + MINUTE)
    assert to_petra(smtp) == []
    send(start + DAY + 2 * MINUTE)
    assert len(to_petra(smtp)) == 1


def test_an_alert_that_its_partner_muted_is_still_reminded_of_in_the_workspace(
    alert, anna, petra, smtp, start
):
    choose(user=anna, owner=alert.workspace, choices={("attention", "email"): "now"})
    mute(alert=alert, audience="partner", how_long=MuteFor.END, actor=petra)

    send(start + DAY)

    assert to_petra(smtp) == []
    assert [mail["To"] for mail in smtp.accepted][-1] == anna.email


def test_failing_attempts_of_a_few_customers_are_not_reminded_of(
    alert, petra, smtp, start
):
    Alert.objects.update(condition="retrying")

    send(start + DAY)

    assert to_petra(smtp) == []


def test_events_in_quarantine_are_reminded_of_each_day(alert, anna, petra, smtp, start):
    Alert.objects.update(condition="quarantine")

    send(start + DAY)
    send(start + 2 * DAY)

    subjects_of_anna = [
        mail["Subject"] for mail in smtp.accepted if mail["To"] == anna.email
    ]
    assert len([one for one in subjects_of_anna if "Still open" in one]) == 2
    assert len(to_petra(smtp)) == 2


def test_operators_are_reminded_of_alerts_of_the_portal(smtp, start):
    olga = factories.user("olga@portal.example", is_staff=True, is_superuser=True)
    for part in ("disk", "broker"):
        Alert.objects.create(
            condition="not_ready", subject=f"portal:{part}", reason=part, since=start,
            opened_at=start,
        )  # fmt: skip
    send(start + DAY)
    assert [mail["Subject"] for mail in smtp.accepted] == ["Alert digest: 2 alerts"]
    assert "The portal" in smtp.accepted[0].get_body(("plain",)).get_content()

    first, second = Alert.objects.order_by("pk")
    acknowledge(alert=first, audience=OPERATOR, actor=olga)
    send(start + 2 * DAY)
    assert smtp.accepted[1]["Subject"] == "Still open: A part of the portal isn't ready"

    Alert.objects.filter(pk=second.pk).update(closed_at=start + 2 * DAY)
    send(start + 4 * DAY)
    assert len(smtp.accepted) == 2
