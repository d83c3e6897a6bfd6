"""Choices of people, and digests that reach a real SMTP server once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from streams.alerts.evaluation import evaluate
from streams.alerts.models import Alert, Notice
from streams.alerts.people.choices import choose
from streams.alerts.people.digests import digest_end
from streams.alerts.sending import send_due
from streams.connections.models import Connection
from streams.delivery.connection import status
from streams.tenancy.models import WorkspaceMembership
from tests import factories

pytestmark = pytest.mark.django_db

REASON = "Segment rejected the write key (401)."
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TEN = datetime(2026, 3, 2, 10, 5, tzinfo=UTC)
EMAIL = "email"


@pytest.fixture(autouse=True)
def address(settings):
    settings.PORTAL_URL = "https://portal.example"
    settings.DEFAULT_FROM_EMAIL = "Portal <alerts@portal.example>"


@pytest.fixture
def connection():
    return _connection()


@pytest.fixture
def anna(connection):
    return factories.member(connection.feed.workspace, "admin", "anna@example.com")


def _connection(workspace=None) -> Connection:
    feed = factories.feed(workspace=workspace) if workspace else factories.feed()
    cursor = factories.cursor(factories.connection(feed))
    factories.append(cursor.feed, 3, now=TEN)
    return Connection.objects.get(pk=cursor.connection_id)


def chooses(user, owner, cadence, *conditions, channel=EMAIL) -> None:
    kinds = conditions or Alert.Condition.values
    choose(user=user, owner=owner, choices={(kind, channel): cadence for kind in kinds})


def refused(connection: Connection, at: datetime) -> None:
    status.need_attention(connection=connection, reason=REASON)
    Connection.objects.filter(pk=connection.pk).update(status_at=at)
    evaluate(at)


def over(connection: Connection, at: datetime) -> None:
    status.resume(connection=connection, actor=None)
    evaluate(at - MINUTE)
    evaluate(at)


def send(at: datetime) -> None:
    send_due(at, stop=lambda: False)


def received(smtp) -> list[tuple[str, str]]:
    return [(mail["To"], mail["Subject"]) for mail in smtp.accepted]


@pytest.mark.parametrize(
    ("cadence", "due", "end"),
    [
        ("hourly", "10:00", "11:00"),
        ("hourly", "10:59", "11:00"),
        ("hourly", "23:30", "00:00"),
        ("daily", "07:59", "08:00"),
        ("daily", "08:00", "08:00"),
        ("daily", "23:30", "08:00"),
    ],
)
def test_a_digest_ends_on_the_hour_or_at_eight(cadence, due, end):
    due = datetime.fromisoformat(f"2026-03-02T{due}Z")

    found = digest_end(cadence, due)

    assert f"{found:%H:%M}" == end
    assert timedelta(0) < found - due <= (HOUR if cadence == "hourly" else 24 * HOUR)


def test_an_immediate_notice_is_in_no_digest():
    assert digest_end("now", TEN) is None


def test_defaults_follow_the_role(connection, anna, smtp):
    workspace, partner = connection.feed.workspace, connection.feed.stream.partner
    for role in ("editor", "viewer"):
        factories.member(workspace, role, f"{role}@example.com")
    for role in ("admin", "developer", "support"):
        factories.partner_member(partner, role, f"{role}@partner.example")

    refused(connection, TEN)

    found = Notice.objects.values_list("recipient__email", "channel")
    assert sorted(found) == [
        ("admin@partner.example", "email"),
        ("admin@partner.example", "inbox"),
        ("anna@example.com", "email"),
        ("anna@example.com", "inbox"),
        ("developer@partner.example", "inbox"),
        ("editor@example.com", "inbox"),
        ("support@partner.example", "inbox"),
    ]


def test_a_kind_that_is_off_is_not_sent_and_the_rest_is(connection, anna, smtp):
    chooses(anna, connection.feed.workspace, "off", "retrying")
    refused(connection, TEN)
    send(TEN)
    assert len(smtp.accepted) == 1

    chooses(anna, connection.feed.workspace, "off", "attention", channel="inbox")
    other = _connection(connection.feed.workspace)
    refused(other, TEN + MINUTE)
    send(TEN + MINUTE)
    assert len(smtp.accepted) == 2
    assert Notice.objects.filter(channel="inbox").count() == 1


def test_someone_who_turns_emails_off_does_not_get_those_that_wait(connection, anna, smtp):  # fmt: skip
    refused(connection, TEN)
    chooses(anna, connection.feed.workspace, "off")

    send(TEN + MINUTE)

    assert smtp.accepted == []
    assert Notice.objects.get(channel=EMAIL).dropped_at is not None


def test_a_digest_is_one_email_for_all_places_at_the_end_of_the_hour(
    connection, anna, smtp
):
    other = _connection()
    WorkspaceMembership.objects.create(
        user=anna, workspace=other.feed.workspace, role="admin"
    )
    for one in (connection, other):
        chooses(anna, one.feed.workspace, "hourly")
    refused(connection, TEN)
    refused(other, TEN + 10 * MINUTE)

    send(TEN + 50 * MINUTE)
    assert smtp.accepted == []
    for minute in range(55, 60):
        send(TEN + minute * MINUTE)

    assert received(smtp) == [("anna@example.com", "Alert digest: 2 alerts")]
    [mail] = smtp.accepted
    for kind in ("plain", "html"):
        text = mail.get_body((kind,)).get_content()
        for one in (connection, other):
            assert one.feed.workspace.name in text
            assert f"/w/{one.feed.workspace.public_id}/connection/change/" in text
        assert "Open since 2 March 2026, 10:05 UTC" in text
        assert REASON in text


def test_times_are_in_the_time_zone_of_the_recipients_profile(connection, anna, smtp):
    anna.time_zone = "Asia/Kolkata"
    anna.save(update_fields=["time_zone"])
    chooses(anna, connection.feed.workspace, "hourly")
    refused(connection, TEN)

    send(TEN + HOUR)

    for kind in ("plain", "html"):
        text = smtp.accepted[0].get_body((kind,)).get_content()
        assert "Open since 2 March 2026, 15:35 IST" in text
        assert "UTC" not in text


def test_an_alert_that_ends_within_its_digest_is_one_entry(connection, anna, smtp):
    chooses(anna, connection.feed.workspace, "hourly")
    refused(connection, TEN)
    over(connection, TEN + 20 * MINUTE)

    send(TEN + HOUR)

    assert received(smtp) == [("anna@example.com", "Alert digest: 1 alert")]
    text = smtp.accepted[0].get_body(("plain",)).get_content()
    assert "From 2 March 2026, 10:05 UTC to 2 March 2026, 10:24 UTC, recovered" in text
    assert not Notice.objects.unfinished().exists()


def test_the_end_of_an_alert_is_in_the_next_digest(connection, anna, smtp):
    chooses(anna, connection.feed.workspace, "hourly")
    refused(connection, TEN)
    send(TEN + HOUR)
    over(connection, TEN + 90 * MINUTE)
    send(TEN + 90 * MINUTE)
    assert len(smtp.accepted) == 1

    send(TEN + 2 * HOUR)

    assert len(smtp.accepted) == 2
    assert "recovered" in smtp.accepted[1].get_body(("plain",)).get_content()


def test_hourly_and_daily_digests_that_end_together_are_one_email(
    connection, anna, smtp
):
    workspace = connection.feed.workspace
    chooses(anna, workspace, "daily", "attention")
    refused(connection, TEN)
    other = _connection()
    WorkspaceMembership.objects.create(
        user=anna, workspace=other.feed.workspace, role="admin"
    )
    chooses(anna, other.feed.workspace, "hourly")
    next_day = TEN.replace(hour=7, minute=30) + timedelta(days=1)
    refused(other, next_day)

    send(next_day + 20 * MINUTE)
    assert smtp.accepted == []
    send(next_day + 30 * MINUTE)

    assert received(smtp) == [("anna@example.com", "Alert digest: 2 alerts")]


def test_a_digest_is_sent_again_with_the_same_id_until_the_server_works(
    connection, anna, smtp
):
    chooses(anna, connection.feed.workspace, "hourly")
    refused(connection, TEN)
    refused(_connection(connection.feed.workspace), TEN + MINUTE)
    smtp.before_response = lambda _: 1 / 0  # the connection breaks
    send(TEN + HOUR)
    smtp.before_response = lambda _: None
    for minute in range(1, 10):
        send(TEN + HOUR + minute * MINUTE)

    first, second = smtp.accepted
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Subject"] == second["Subject"] == "Alert digest: 2 alerts"
    assert not Notice.objects.unfinished().exists()


def test_a_sender_that_died_leaves_a_digest_that_another_sends_whole(
    connection, anna, smtp
):
    chooses(anna, connection.feed.workspace, "hourly")
    refused(connection, TEN)
    refused(_connection(connection.feed.workspace), TEN + MINUTE)
    end = TEN.replace(minute=0) + HOUR
    Notice.objects.filter(channel=EMAIL).update(claimed_until=end + 5 * MINUTE)

    send(end + MINUTE)
    assert smtp.accepted == []
    send(end + 5 * MINUTE)
    send(end + 6 * MINUTE)

    assert received(smtp) == [("anna@example.com", "Alert digest: 2 alerts")]


def test_a_failure_of_less_than_half_an_hour_is_not_in_a_digest(connection, anna, smtp):
    chooses(anna, connection.feed.workspace, "hourly")
    alert = factories.alert(
        connection, condition="retrying", to=anna, opened_at=TEN, since=TEN
    )
    Notice.objects.all().delete()
    end = TEN + 2 * HOUR
    times = {"due_at": end, "expires_at": end + HOUR, "digest_end": end}
    Notice.objects.create(
        alert=alert, transition="opened", recipient=anna, cadence="hourly", **times
    )

    evaluate(TEN + 10 * MINUTE)
    evaluate(TEN + 13 * MINUTE)

    alert.refresh_from_db()
    assert alert.closed_at is not None
    assert Notice.objects.get(transition="opened").dropped_at is not None


def test_the_digest_of_a_partner_has_all_alerts_since_the_first(connection, smtp):
    stream = connection.feed.stream
    petra = factories.partner_member(stream.partner, "admin", "petra@postbox.example")
    chooses(petra, stream.partner, "daily")
    refused(connection, TEN)
    for hour in range(1, 4):
        cursor = factories.cursor(factories.connection(factories.feed(stream)))
        refused(Connection.objects.get(pk=cursor.connection_id), TEN + hour * HOUR)
    over(connection, TEN + 5 * HOUR)
    send(TEN + 6 * HOUR)
    assert smtp.accepted == []

    send(TEN + 24 * HOUR)

    assert received(smtp) == [("petra@postbox.example", "Alert digest: 4 alerts")]
    text = smtp.accepted[0].get_body(("plain",)).get_content()
    assert f"Delivery stopped for 4 workspaces: {stream.name}" in text
    assert "3 of them are still open" in text
