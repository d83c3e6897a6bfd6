"""Alerts about the portal notify each operator once, however much fails."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command

from streams.alerts.evaluation import evaluate
from streams.alerts.models import Alert, Notice
from streams.alerts.sending import send_due
from streams.base.clock import now
from streams.connections.models import Connection
from streams.events.models import Feed
from streams.observability.work_figures.measure import WorkFigures, measure
from streams.observability.work_figures.models import StoredFigures
from tests import factories

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def operator(settings):
    settings.PORTAL_URL = "https://portal.example"
    made = factories.user("olga@portal.example", is_staff=True)
    made.user_permissions.add(Permission.objects.get(codename="view_alert"))
    factories.user("without-permission@portal.example", is_staff=True)
    return made


def stored(at, **changes) -> None:
    """Store the figures of a portal that works, with changes."""
    figures: WorkFigures = msgspec.structs.replace(measure(at), **{"failing": [], **changes})  # fmt: skip
    StoredFigures.objects.update_or_create(
        pk=1, defaults={"at": at, "figures": msgspec.to_builtins(figures)}
    )


def send(at) -> None:
    send_due(at, stop=lambda: False)


def received(smtp) -> list[tuple[str, str]]:
    return [(mail["To"], mail["Subject"]) for mail in smtp.accepted]


def test_each_part_that_is_not_ready_has_an_alert_until_it_is(operator, smtp, start):
    stored(start, failing=["broker", "storage"])
    evaluate(start)
    send(start)
    stored(start + MINUTE, failing=["storage"])
    evaluate(start + MINUTE)
    evaluate(start + 2 * MINUTE)
    evaluate(start + 3 * MINUTE)
    send(start + 3 * MINUTE)

    open_ones = Alert.objects.open().values_list("condition", "subject")
    assert list(open_ones) == [("not_ready", "portal:storage")]
    title = "A part of the portal isn't ready"
    assert received(smtp) == [
        ("olga@portal.example", title),
        ("olga@portal.example", title),
        ("olga@portal.example", f"Recovered: {title}"),
    ]
    text = smtp.accepted[-1].get_body(("plain",)).get_content()
    assert "Details: broker" in text
    assert "https://portal.example/admin/streams/alert/" in text


def test_a_part_that_flaps_is_one_alert(operator, start):
    for minute in range(0, 8, 2):
        stored(start + minute * MINUTE, failing=["broker"])
        evaluate(start + minute * MINUTE)
        stored(start + (minute + 1) * MINUTE)
        evaluate(start + (minute + 1) * MINUTE)

    assert Alert.objects.get().closed_at is None


def test_an_alert_that_closed_before_it_could_be_emailed_is_not_emailed(
    operator, smtp, start
):
    stored(start, failing=["broker"])
    evaluate(start)
    for minute in (1, 2, 3):
        stored(start + minute * MINUTE)
        evaluate(start + minute * MINUTE)

    send(start + 4 * MINUTE)

    assert Alert.objects.get().recovered
    assert received(smtp) == []
    assert not Notice.objects.filter(dropped_at=None).exists()


def test_without_figures_for_three_minutes_beat_is_not_running(operator, start):
    stored(start)
    evaluate(start + 3 * MINUTE)
    assert not Alert.objects.exists()

    evaluate(start + 4 * MINUTE)
    alert = Alert.objects.get()
    assert (alert.condition, alert.since) == ("no_beat", start)

    stored(start + 5 * MINUTE)
    evaluate(start + 5 * MINUTE)
    evaluate(start + 7 * MINUTE)
    assert Alert.objects.get().recovered


def test_the_alert_of_reconcile_closes_when_it_finds_nothing(operator, capsys):
    cursor = factories.cursor()
    factories.append(cursor.feed, 3, now=now())
    Feed.objects.update(quarantined=2)
    for _ in range(2):
        with pytest.raises(SystemExit):
            call_command("reconcile")
    evaluate(now())
    alert = Alert.objects.get(condition="reconcile")
    assert (alert.closed_at, alert.count) == (None, 1)

    Feed.objects.update(quarantined=0)
    call_command("reconcile")

    alert.refresh_from_db()
    assert alert.recovered
    emails = Notice.objects.filter(alert=alert, channel="email")
    transitions = emails.values_list("transition", flat=True)
    assert sorted(transitions) == ["closed", "opened"]


def test_2000_connections_that_fail_at_once_notify_everyone_once(
    operator, smtp, start, django_assert_max_num_queries
):
    stream = factories.stream()
    factories.partner_member(stream.partner, "admin", "petra@postbox.example")
    cursors = factories.live_cursors(stream, 2_000)
    factories.member(cursors[0].feed.workspace, "admin", "arne@example.com")
    factories.member(cursors[1].feed.workspace, "admin", "anna@example.com")
    refuse_all(start)

    with django_assert_max_num_queries(150):
        evaluate(start)
    for second in (0, 15, 30):
        send(start + timedelta(seconds=second))

    assert Alert.objects.filter(condition="attention").count() == 2_000
    assert sorted((to, text.partition(":")[0]) for to, text in received(smtp)) == [
        ("anna@example.com", "Delivery stopped"),
        ("arne@example.com", "Delivery stopped"),
        ("olga@portal.example", "Many connections need attention"),
        ("petra@postbox.example", "Delivery stopped for 2,000 workspaces"),
    ]

    Connection.objects.update(status="active", status_reason="", status_at=start)
    for minute in range(1, 8):
        evaluate(start + minute * MINUTE)
        send(start + minute * MINUTE)

    assert sorted(to for to, text in received(smtp) if "Recovered" in text) == [
        "anna@example.com", "arne@example.com", "olga@portal.example",
        "petra@postbox.example",
    ]  # fmt: skip
    assert not Alert.objects.open().exists()


def refuse_all(at) -> None:
    Connection.objects.update(
        status="attention",
        status_reason="Segment rejected the write key (401).",
        status_at=at,
    )


def test_a_former_operator_gets_no_notice(operator, smtp, start):
    stored(start, failing=["storage"])
    evaluate(start)
    operator.is_staff = False
    operator.save()

    send(start)

    assert smtp.accepted == []
    assert not Notice.objects.filter(dropped_at=None).exists()
