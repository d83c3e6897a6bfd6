"""Partners get one notice about all alerts of a stream that open around the same time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from streams.alerts.evaluation import evaluate
from streams.alerts.models import Alert, Notice
from streams.alerts.sending import send_due
from streams.connections.models import Connection
from streams.delivery.models import Cursor
from streams.tenancy.models import PartnerMembership, Workspace
from tests import factories

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
REASON = "Segment rejected the write key (401)."


@pytest.fixture
def stream(settings):
    settings.PORTAL_URL = "https://portal.example"
    made = factories.stream()
    factories.partner_member(made.partner, "admin", "petra@postbox.example")
    factories.partner_member(made.partner, "support")
    return made


def connect(stream, count: int) -> list[Cursor]:
    return [
        factories.cursor(factories.connection(factories.feed(stream)))
        for _ in range(count)
    ]


def refuse(cursors: list[Cursor], at) -> None:
    Connection.objects.filter(cursors__in=cursors).update(
        status="attention", status_reason=REASON, status_at=at
    )
    Cursor.objects.filter(pk__in=[one.pk for one in cursors]).update(held=True)


def fail(cursors: list[Cursor], since) -> None:
    ids = [one.pk for one in cursors]
    Cursor.objects.filter(pk__in=ids).update(failures=2, failing_since=since)


def send(at) -> None:
    send_due(at, stop=lambda: False)


def test_many_refused_keys_are_one_email_with_the_count_and_the_names(
    stream, smtp, start
):
    cursors = connect(stream, 23)
    refuse(cursors[:20], start)
    evaluate(start)
    refuse(cursors[20:], start)
    evaluate(start + timedelta(seconds=15))
    send(start + MINUTE)
    send(start + 2 * MINUTE)

    [mail] = smtp.accepted
    text = mail.get_body(("plain",)).get_content()
    assert mail["To"] == "petra@postbox.example"
    assert mail["Subject"] == f"Delivery stopped for 23 workspaces: {stream.name}"
    assert cursors[0].feed.workspace.name in text
    assert f"https://portal.example/p/{stream.partner.slug}/" in text.splitlines()


def test_one_refused_key_notifies_the_partner_within_a_minute(stream, smtp, start):
    refuse(connect(stream, 1), start)
    evaluate(start)
    send(start + timedelta(seconds=30))

    [mail] = smtp.accepted
    assert mail["Subject"] == f"Delivery stopped for 1 workspace: {stream.name}"


def test_keys_that_are_refused_later_are_reported_once_an_hour(stream, smtp, start):
    cursors = connect(stream, 10)
    for number, cursor in enumerate(cursors):
        refuse([cursor], start)
        evaluate(start + number * 5 * MINUTE)
        send(start + (number * 5 + 1) * MINUTE)
    send(start + 62 * MINUTE)
    send(start + 64 * MINUTE)

    assert [mail["Subject"].split(":")[0] for mail in smtp.accepted] == [
        "Delivery stopped for 1 workspace",
        "Delivery stopped for 9 workspaces",
    ]


def test_failures_of_a_few_connections_do_not_notify_the_partner(stream, smtp, start):
    fail(connect(stream, 4), since=start)
    evaluate(start + 5 * MINUTE)
    send(start + 8 * MINUTE)

    assert smtp.accepted == []
    assert Notice.objects.get().dropped_at


def test_failures_of_many_connections_notify_the_partner_before_its_customers(
    stream, smtp, start
):
    cursors = connect(stream, 5)
    for cursor in cursors:
        factories.member(cursor.feed.workspace, "admin")
    fail(cursors, since=start)
    evaluate(start + 5 * MINUTE)
    send(start + 8 * MINUTE)

    [mail] = smtp.accepted
    assert mail["Subject"].startswith("Segment isn't accepting events of 5 workspaces")


def test_an_alert_that_is_over_when_the_notice_is_due_is_not_reported(
    stream, smtp, start
):
    cursors = connect(stream, 2)
    refuse(cursors, start)
    evaluate(start)
    Alert.objects.update(closed_at=start)

    send(start + MINUTE)

    assert smtp.accepted == []


def test_test_workspaces_and_former_admins_are_left_out(stream, smtp, start):
    cursors = connect(stream, 2)
    Workspace.objects.filter(pk=cursors[0].feed.workspace_id).update(is_test=True)
    refuse(cursors, start)
    evaluate(start)
    of_partner = Notice.objects.filter(audience="partner")
    assert of_partner.get().alert.workspace == cursors[1].feed.workspace

    PartnerMembership.objects.update(role="support")
    send(start + MINUTE)

    assert smtp.accepted == []
    assert of_partner.get().dropped_at


def test_every_partner_gets_its_own_notice(stream, smtp, start):
    other = factories.stream()
    factories.partner_member(other.partner, "admin", "otto@other.example")
    refuse([*connect(stream, 2), *connect(other, 3)], start)
    evaluate(start)
    send(start + MINUTE)

    assert sorted((mail["To"], mail["Subject"].split(":")[0]) for mail in smtp.accepted) == [
        ("otto@other.example", "Delivery stopped for 3 workspaces"),
        ("petra@postbox.example", "Delivery stopped for 2 workspaces"),
    ]  # fmt: skip


@pytest.mark.parametrize("condition", Alert.Condition.values)
def test_every_condition_has_an_email_to_partners(stream, smtp, start, condition):
    cursors = connect(stream, 5)
    for cursor in cursors:
        factories.alert(cursor.connection, condition=condition, opened_at=start)
    Notice.objects.all().delete()
    Notice.objects.create(
        alert=Alert.objects.earliest("pk"),
        transition="opened",
        audience="partner",
        recipient=stream.partner.members.get(email="petra@postbox.example"),
        due_at=start,
        expires_at=start + timedelta(days=1),
    )

    send(start)

    [mail] = smtp.accepted
    assert "5 workspaces" in mail["Subject"]
