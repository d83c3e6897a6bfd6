"""When alerts open and close, and which notices are written for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from streams.alerts.conditions.lateness import set_late_after
from streams.alerts.evaluation import evaluate, open_at_once
from streams.alerts.models import Alert, Notice
from streams.alerts.retention import KEPT, forget
from streams.base.clock import now
from streams.connections.models import Connection
from streams.delivery.connection import status
from streams.delivery.connection.services import delete, replace
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor
from streams.events.models import Event
from streams.tenancy.models import User
from tests import factories

pytestmark = pytest.mark.django_db

REASON = "Segment rejected the write key (401)."
MINUTE = timedelta(minutes=1)


@pytest.fixture
def connected():
    """A cursor with three events to send, in a workspace with an admin."""
    cursor = factories.cursor()
    factories.append(cursor.feed, 3, now=now())
    factories.member(cursor.feed.workspace, "admin", "anna@example.com")
    factories.member(cursor.feed.workspace, "editor")
    return cursor


def refuse(cursor: Cursor) -> Connection:
    connection = Connection.objects.get(pk=cursor.connection_id)
    status.need_attention(connection=connection, reason=REASON)
    return connection


def fail(cursor: Cursor, since) -> None:
    Cursor.objects.filter(pk=cursor.pk).update(
        failures=3, failing_since=since, due_at=since + 10 * MINUTE
    )


def recover(cursor: Cursor) -> None:
    """Have Segment accept everything."""
    cursor = Cursor.objects.get(pk=cursor.pk)
    factories.delivered(cursor, cursor.feed.head_seq)
    Cursor.objects.filter(pk=cursor.pk).update(failures=0, failing_since=None)


def notices() -> list[tuple[str, str]]:
    """Return the emails."""
    found = Notice.objects.filter(channel="email").order_by("pk")
    return list(found.values_list("transition", "recipient__email"))


def conditions() -> list[str]:
    """Return the conditions of the open alerts."""
    return list(Alert.objects.open().order_by("pk").values_list("condition", flat=True))


def test_a_refused_key_opens_one_alert_with_one_notice_per_admin_at_once(
    connected, start
):
    refuse(connected)

    evaluate(start)
    evaluate(start + MINUTE)

    alert = Alert.objects.get()
    assert (alert.condition, alert.reason) == ("attention", REASON)
    assert alert.workspace == connected.feed.workspace
    assert notices() == [("opened", "anna@example.com")]
    due = Notice.objects.due(start).filter(recipient__email="anna@example.com")
    assert sorted(due.values_list("channel", flat=True)) == ["email", "inbox"]


def test_a_key_that_was_just_refused_opens_its_alert_between_two_evaluations(
    connected, start
):
    refuse(connected)

    open_at_once(now())
    open_at_once(now())
    evaluate(now())

    assert Alert.objects.get().condition == "attention"
    assert notices() == [("opened", "anna@example.com")]


def test_a_replaced_key_closes_the_alert_after_a_minute_and_says_so(connected, start):
    connection = refuse(connected)
    evaluate(start)
    replace(connection=connection, write_key=factories.write_key(), actor=None)

    evaluate(start + MINUTE)
    assert conditions() == ["attention"]
    evaluate(start + 2 * MINUTE)
    evaluate(start + 3 * MINUTE)

    alert = Alert.objects.get()
    assert (alert.closed_at, alert.recovered) == (start + 2 * MINUTE, True)
    assert alert.calm_since == start + MINUTE
    assert notices() == [("opened", "anna@example.com"), ("closed", "anna@example.com")]


def test_a_key_that_is_refused_again_continues_the_same_alert(connected, start):
    for minute in range(0, 8, 2):
        connection = refuse(connected)
        evaluate(start + minute * MINUTE)
        replace(connection=connection, write_key=factories.write_key(), actor=None)
        evaluate(start + (minute + 1) * MINUTE)

    assert Alert.objects.count() == 1
    assert conditions() == ["attention"]
    assert notices() == [("opened", "anna@example.com")]


def test_an_alert_stays_open_while_attempts_fail_for_another_reason(connected, start):
    connection = refuse(connected)
    evaluate(start)
    replace(connection=connection, write_key=factories.write_key(), actor=None)
    fail(connected, since=start)

    for minute in range(1, 5):
        evaluate(start + minute * MINUTE)
    assert conditions() == ["attention"]

    recover(connected)
    evaluate(start + 5 * MINUTE)
    assert Alert.objects.get().recovered


@pytest.mark.parametrize("end", ["paused", "deleted", "halted"])
def test_an_alert_that_ends_because_delivery_was_stopped_has_not_recovered(
    connected, start, end
):
    connection = refuse(connected)
    evaluate(start)
    if end == "deleted":
        delete(connection=connection, actor=None)
    else:
        status.resume(connection=connection, actor=None)
    if end == "paused":
        status.pause(connection=connection, actor=None)
    if end == "halted":
        Halt.objects.create(reason="Drill")

    evaluate(start + MINUTE)
    evaluate(start + 2 * MINUTE)

    alert = Alert.objects.get(condition="attention")
    assert alert.closed_at is not None
    assert not alert.recovered
    assert notices() == [("opened", "anna@example.com")]


def test_a_queue_from_before_a_fix_is_not_late(connected, start):
    connection = refuse(connected)
    replace(connection=connection, write_key=factories.write_key(), actor=None)
    Event.objects.update(received_at=start - timedelta(days=2))

    evaluate(start + 14 * MINUTE)
    assert conditions() == []

    evaluate(start + 16 * MINUTE)
    assert conditions() == ["late"]


def test_failing_attempts_open_an_alert_after_five_minutes(connected, start):
    fail(connected, since=start)

    evaluate(start + 5 * MINUTE - timedelta(seconds=1))
    assert conditions() == []

    evaluate(start + 5 * MINUTE)
    assert conditions() == ["retrying"]
    assert Alert.objects.get().since == start


def test_attempts_that_fail_now_and_then_are_one_alert(connected, start):
    fail(connected, since=start)
    evaluate(start + 6 * MINUTE)
    for minute in range(7, 20, 2):
        recover(connected)
        evaluate(start + minute * MINUTE)
        fail(connected, since=start + minute * MINUTE)
        evaluate(start + (minute + 1) * MINUTE)

    assert Alert.objects.count() == 1
    assert conditions() == ["retrying"]


def test_a_failure_that_ends_within_half_an_hour_notifies_no_one(connected, start):
    fail(connected, since=start)
    evaluate(start + 5 * MINUTE)
    assert not Notice.objects.due(start + 34 * MINUTE).exists()
    recover(connected)

    evaluate(start + 20 * MINUTE)
    evaluate(start + 22 * MINUTE)

    assert Alert.objects.get().recovered
    assert notices() == [("opened", "anna@example.com")]
    assert not Notice.objects.filter(dropped_at=None).exists()
    assert not Notice.objects.due(start + 60 * MINUTE).exists()


def test_a_failure_of_more_than_half_an_hour_notifies_of_its_start_and_its_end(
    connected, start
):
    fail(connected, since=start)
    evaluate(start + 5 * MINUTE)
    later = start + 35 * MINUTE
    due = Notice.objects.due(later)
    assert due.filter(channel="email").count() == 1
    due.update(sent_at=later)
    recover(connected)

    evaluate(later)
    evaluate(later + 2 * MINUTE)

    assert notices() == [("opened", "anna@example.com"), ("closed", "anna@example.com")]


@pytest.mark.parametrize("stop", ["paused", "halted", "not approved", "key unreadable"])
def test_delivery_that_someone_stopped_is_not_retrying(connected, start, stop):
    fail(connected, since=start)
    connection = connected.connection
    if stop == "paused":
        status.pause(connection=connection, actor=None)
    if stop == "halted":
        Halt.objects.create(reason="Drill", stream=connected.stream)
    if stop == "not approved":
        Connection.objects.update(region="us")
        connected.stream.stage = "draft"
        connected.stream.save()
    if stop == "key unreadable":
        Connection.objects.update(status_reason="The portal cannot read the write key.")

    evaluate(start + 10 * MINUTE)

    assert "retrying" not in conditions()


def test_events_that_wait_for_15_minutes_open_an_alert(start):
    cursor = factories.cursor()
    factories.append(cursor.feed, 2, now=start)

    evaluate(start + 15 * MINUTE - timedelta(seconds=1))
    assert conditions() == []

    evaluate(start + 15 * MINUTE)
    assert conditions() == ["late"]
    assert Alert.objects.get().since == start

    cursor.refresh_from_db()
    factories.delivered(cursor, 2, now=start + 16 * MINUTE)
    evaluate(start + 16 * MINUTE)
    evaluate(start + 18 * MINUTE)
    assert Alert.objects.get().recovered


@pytest.mark.parametrize("position_at", [None, -1])
@pytest.mark.parametrize("minutes", [5, 15, 16, 24 * 60])
def test_a_workspace_decides_when_its_events_are_late(start, minutes, position_at):
    cursor, other = factories.cursor(), factories.cursor()
    factories.append(cursor.feed, 2, now=start)
    factories.append(other.feed, 2, now=start)
    if position_at is not None:
        Cursor.objects.update(position_at=start + position_at * MINUTE)
    set_late_after(
        workspace=cursor.feed.workspace, late_after=minutes * MINUTE, actor=None
    )

    def late() -> set[int]:
        return set(Alert.objects.open().values_list("feed", flat=True))

    evaluate(start + minutes * MINUTE - timedelta(seconds=1))
    assert cursor.feed_id not in late()
    evaluate(start + minutes * MINUTE)
    assert late() == {cursor.feed_id} | ({other.feed_id} if minutes >= 15 else set())


def test_a_new_event_after_a_long_silence_is_not_late(start):
    cursor = factories.cursor()
    factories.append(cursor.feed, 2, now=start - timedelta(days=2))
    cursor.refresh_from_db()
    factories.delivered(cursor, 2, now=start - timedelta(days=2))
    Cursor.objects.update(position_at=start - timedelta(days=2))
    factories.append(cursor.feed, 1, now=start)

    evaluate(start + MINUTE)

    assert conditions() == []


def test_only_admins_with_an_account_in_use_are_notified(connected, start):
    User.objects.filter(email="anna@example.com").update(is_active=False)
    refuse(connected)

    evaluate(start)

    assert conditions() == ["attention"]
    assert notices() == []


def test_the_partners_developers_are_the_admins_of_its_test_workspaces(start):
    partner = factories.partner()
    workspace = factories.workspace(partner, is_test=True)
    feed = factories.feed(factories.stream(partner), workspace)
    cursor = factories.cursor(factories.connection(feed))
    factories.partner_member(partner, "developer", "dev@example.com")
    factories.partner_member(partner, "support", "sam@example.com")
    refuse(cursor)

    evaluate(start)

    assert notices() == [("opened", "dev@example.com")]


def test_closed_alerts_are_deleted_with_their_notices_after_90_days(connected, start):
    connection = refuse(connected)
    evaluate(start)
    replace(connection=connection, write_key=factories.write_key(), actor=None)
    evaluate(start)
    evaluate(start + MINUTE)
    refuse(connected)
    evaluate(start + 2 * MINUTE)

    assert forget(start + MINUTE + KEPT) == 0
    assert forget(start + 2 * MINUTE + KEPT) == 1

    assert conditions() == ["attention"]
    assert notices() == [("opened", "anna@example.com")]
