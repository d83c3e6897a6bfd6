"""A muted alert causes no notices to its audience, except when it has recovered."""

from __future__ import annotations

from datetime import timedelta

import pytest

from streams.alerts.models import Alert, Notice
from streams.alerts.people.models import Mute
from streams.alerts.people.muting import MuteFor, mute, unmute
from streams.alerts.people.outbox import write_recovered
from streams.alerts.roll_up import covered
from streams.alerts.sending import send_due
from streams.audit.models import AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORKSPACE, PARTNER = Notice.Audience.WORKSPACE, Notice.Audience.PARTNER


@pytest.fixture
def anna(connection):
    return factories.member(connection.feed.workspace, "admin", "anna@example.com")


@pytest.fixture
def connection():
    return factories.cursor().connection


@pytest.fixture
def alert(connection, anna, start):
    made = factories.alert(connection, to=anna, opened_at=start, since=start)
    made.notices.update(due_at=start, expires_at=start + DAY)
    return made


def send(at) -> None:
    send_due(at, stop=lambda: False)


def titles(smtp) -> list[str]:
    return [mail["Subject"].partition(": ")[0] for mail in smtp.accepted]


def muted(alert, anna, how_long=MuteFor.END, audience=WORKSPACE) -> bool:
    return mute(alert=alert, audience=audience, how_long=how_long, actor=anna)


def test_a_muted_alert_has_no_notices_until_its_mute_is_over(alert, anna, smtp, start):
    muted(alert, anna, MuteFor.HOUR)

    send(start)
    send(start + HOUR - timedelta(minutes=1))
    assert smtp.accepted == []
    send(start + HOUR + timedelta(minutes=1))
    send(start + HOUR + timedelta(minutes=2))

    assert titles(smtp) == ["Still open"]
    assert not Mute.objects.exists()


def test_an_alert_that_is_muted_until_it_closes_is_not_reminded_of(
    alert, anna, smtp, start
):
    send(start)
    muted(alert, anna)

    send(start + DAY)
    send(start + 3 * DAY)

    assert titles(smtp) == ["Delivery stopped"]


def test_recovered_is_sent_about_a_muted_alert(alert, anna, smtp, start):
    send(start)
    muted(alert, anna)
    Alert.objects.update(closed_at=start + HOUR, calm_since=start, recovered=True)
    write_recovered(alert.notices.all(), start + HOUR)

    send(start + HOUR)

    assert titles(smtp) == ["Delivery stopped", "Recovered"]


def test_someone_who_unmutes_an_alert_gets_its_reminders_again(
    alert, anna, smtp, start
):
    send(start)
    muted(alert, anna)
    unmute(alert=alert, audience=WORKSPACE, actor=anna)
    assert not unmute(alert=alert, audience=WORKSPACE, actor=anna)

    send(start + DAY)

    assert titles(smtp) == ["Delivery stopped", "Still open"]


def test_a_second_mute_replaces_the_first(alert, anna, smtp, start):
    muted(alert, anna, MuteFor.HOUR)
    muted(alert, anna, MuteFor.DAY)

    send(start + 2 * HOUR)

    assert smtp.accepted == []
    assert list(AuditEntry.objects.values_list("action", flat=True)) == [
        "alert.muted_for_hour",
        "alert.muted_for_day",
    ]


def test_a_workspace_does_not_mute_its_partner(alert, anna, smtp, start):
    petra = factories.partner_member(alert.partner, "admin", "petra@postbox.example")
    notice = Notice.objects.create(
        alert=alert, transition="opened", audience=PARTNER, partner=alert.partner,
        recipient=petra, due_at=start, expires_at=start + DAY,
    )  # fmt: skip
    muted(alert, anna)
    assert list(covered(notice)) == [alert]

    muted(alert, petra, audience=PARTNER)
    assert list(covered(notice)) == []
    send(start)

    assert smtp.accepted == []
    notice.refresh_from_db()
    assert notice.dropped_at


def test_a_partner_has_a_reminder_when_its_mute_is_over(alert, anna, smtp, start):
    petra = factories.partner_member(alert.partner, "admin", "petra@postbox.example")
    Notice.objects.create(
        alert=alert, transition="opened", audience=PARTNER, partner=alert.partner,
        recipient=petra, due_at=start, expires_at=start + DAY,
    )  # fmt: skip
    muted(alert, petra, MuteFor.HOUR, PARTNER)

    send(start)
    send(start + HOUR + timedelta(minutes=1))
    send(start + HOUR + timedelta(minutes=2))

    to_petra = [one for one in smtp.accepted if one["To"] == petra.email]
    assert [one["Subject"].partition(": ")[0] for one in to_petra] == ["Still open"]


def test_a_partner_has_a_reminder_when_its_mute_is_over_soon_after_another_notice(
    alert, anna, smtp, start
):
    petra = factories.partner_member(alert.partner, "admin", "petra@postbox.example")
    Notice.objects.create(
        alert=alert, transition="opened", audience=PARTNER, partner=alert.partner,
        recipient=petra, due_at=start, expires_at=start + DAY,
    )  # fmt: skip
    send(start)
    muted(alert, petra, MuteFor.HOUR, PARTNER)

    send(start + HOUR + timedelta(minutes=1))
    send(start + DAY)

    to_petra = [one for one in smtp.accepted if one["To"] == petra.email]
    assert [one["Subject"].partition(": ")[0] for one in to_petra] == [
        "Delivery stopped for 1 workspace",
        "Still open",
    ]


def test_the_reminder_at_the_end_of_a_mute_is_the_one_of_the_day(
    alert, anna, smtp, start
):
    send(start)
    muted(alert, anna, MuteFor.HOUR)
    Mute.objects.update(until=start + DAY - HOUR)

    send(start + DAY - HOUR)
    send(start + DAY)
    assert titles(smtp) == ["Delivery stopped", "Still open"]

    send(start + 2 * DAY - HOUR)
    assert titles(smtp) == ["Delivery stopped", "Still open", "Still open"]


def test_an_alert_that_is_over_cannot_be_muted(alert, anna):
    Alert.objects.update(closed_at=alert.opened_at)

    assert not muted(alert, anna)
    assert not AuditEntry.objects.exists()
