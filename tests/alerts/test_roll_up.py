"""Partners get one notice about all alerts of a stream that open around the same time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from streams.alerts.conditions.all_rules import RULES
from streams.alerts.digest_emails import digest_email_of
from streams.alerts.evaluation import evaluate
from streams.alerts.models import Alert, Notice
from streams.alerts.sending import send_due
from streams.connections.models import Connection
from streams.delivery.limits.models import Halt
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


def work(cursors: list[Cursor]) -> None:
    """Have Segment accept the keys."""
    Connection.objects.filter(cursors__in=cursors).update(
        status="active", status_reason=""
    )
    Cursor.objects.filter(pk__in=[one.pk for one in cursors]).update(held=False)


def fail(cursors: list[Cursor], since) -> None:
    ids = [one.pk for one in cursors]
    Cursor.objects.filter(pk__in=ids).update(failures=2, failing_since=since)


def send(at) -> None:
    send_due(at, stop=lambda: False)


def test_the_email_about_a_halt_has_the_operators_reason(stream, smtp, start):
    connect(stream, 2)
    Halt.objects.create(reason="Segment is down in the US", created_at=start)
    evaluate(start + MINUTE)
    send(start + 2 * MINUTE)

    [mail] = smtp.accepted
    assert mail["To"] == "petra@postbox.example"
    for version in ("plain", "html"):
        assert "Segment is down in the US" in mail.get_body((version,)).get_content()


def test_the_digest_of_a_partner_has_the_operators_reason_for_a_halt(stream, start):
    connect(stream, 1)
    Halt.objects.create(reason="Segment is down in the US", created_at=start)
    evaluate(start + MINUTE)
    notice = Notice.objects.filter(recipient__email="petra@postbox.example")[0]
    notice.digest_end = start + 60 * MINUTE

    text = str(digest_email_of([notice]).body)

    assert "Segment is down in the US" in text


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


def test_alerts_that_continue_a_burst_need_no_second_notice(stream, smtp, start):
    cursors = connect(stream, 12)
    for number in range(4):
        refuse(cursors[number * 3 : number * 3 + 3], start)
        evaluate(start + number * MINUTE)
        send(start + number * MINUTE + timedelta(seconds=30))
    send(start + 70 * MINUTE)

    [mail] = smtp.accepted
    assert mail["Subject"].startswith("Delivery stopped for 3 workspaces")
    assert Alert.objects.open().count() == 12


def test_alerts_that_an_evaluation_opens_after_the_notice_was_sent_need_no_other_one(
    stream, smtp, start
):
    """Thousands take several transactions, and a sender doesn't wait for the last one."""
    cursors = connect(stream, 6)
    refuse(cursors[:3], start)
    evaluate(start)
    send(start + timedelta(seconds=10))
    refuse(cursors[3:], start)
    evaluate(start)  # as the same evaluation would
    send(start + 70 * MINUTE)

    assert [mail["To"] for mail in smtp.accepted] == ["petra@postbox.example"]
    assert Alert.objects.open().count() == 6


def test_the_partner_gets_recovered_once_the_last_of_them_has_recovered(
    stream, smtp, start
):
    cursors = connect(stream, 3)
    refuse(cursors, start)
    evaluate(start)
    send(start + MINUTE)

    work([cursors[0]])
    for minute in (2, 3, 4):
        evaluate(start + minute * MINUTE)
    assert not Notice.objects.unfinished().exists()

    work(cursors)
    for minute in range(5, 9):
        evaluate(start + minute * MINUTE)
        send(start + minute * MINUTE)

    opened, recovered = smtp.accepted
    assert recovered["To"] == "petra@postbox.example"
    assert recovered["Subject"] == f"Recovered: Delivery stopped: {stream.name}"
    assert recovered["References"] == opened["Message-ID"]


def test_partners_hear_nothing_of_a_recovery_if_they_heard_nothing_of_the_failure(
    stream, smtp, start
):
    cursors = connect(stream, 2)
    refuse(cursors, start)
    evaluate(start)
    work(cursors)
    evaluate(start + MINUTE)
    evaluate(start + 2 * MINUTE)
    send(start + 3 * MINUTE)

    assert Alert.objects.filter(recovered=True).count() == 2
    assert smtp.accepted == []


def test_partners_get_no_recovered_if_delivery_was_paused(stream, smtp, start):
    cursors = connect(stream, 2)
    refuse(cursors, start)
    evaluate(start)
    send(start + MINUTE)
    Connection.objects.update(status="paused")
    evaluate(start + 2 * MINUTE)
    evaluate(start + 4 * MINUTE)
    send(start + 5 * MINUTE)

    assert not Alert.objects.open().exists()
    assert len(smtp.accepted) == 1


def test_notices_to_partners_are_sent_before_those_to_many_admins(stream, smtp, start):
    cursors = connect(stream, 3)
    for number, cursor in enumerate(cursors):
        factories.member(cursor.feed.workspace, "admin", f"a{number}@example.com")
    refuse(cursors, start)
    evaluate(start)
    send(start + MINUTE)

    first, *others = [mail["To"] for mail in smtp.accepted]
    assert first == "petra@postbox.example"
    assert len(others) == 3


def test_failures_of_a_few_connections_do_not_notify_the_partner(stream, smtp, start):
    fail(connect(stream, 4), since=start)
    evaluate(start + 5 * MINUTE)
    send(start + 8 * MINUTE)

    assert smtp.accepted == []
    assert not Notice.objects.filter(dropped_at=None).exists()


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
    of_partner = Notice.objects.filter(audience="partner", channel="email")
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


@pytest.mark.parametrize(
    "condition", [rule.condition for rule in RULES if rule.partner_from]
)
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
    assert stream.name in mail["Subject"]
    assert "Workspaces: 5" in mail.get_body(("plain",)).get_content()
