"""Each condition opens an alert about its subject, holds it open, and closes it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from streams.alerts.conditions.all_rules import BY_CONDITION, RULES
from streams.alerts.emails import page_of
from streams.alerts.evaluation import evaluate
from streams.alerts.models import Alert, Notice
from streams.alerts.sending import send_due
from streams.base.clock import now
from streams.connections.models import Connection
from streams.delivery.limits.models import Halt
from streams.delivery.models import Cursor
from streams.events.models import Feed, FeedMark, QuarantinedEvent
from streams.observability.issues.models import IssueHour, IssueKind
from streams.review.services import suspend
from tests import factories

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WEEK = 7 * DAY


@pytest.fixture
def start():
    """A full hour, at which all conditions are due."""
    return now().replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def cursor():
    made = factories.cursor()
    factories.member(made.feed.workspace, "admin", "anna@example.com")
    return made


def opened(condition: str) -> list[str]:
    """Return the subjects of the open alerts of a condition."""
    alerts = Alert.objects.open().filter(condition=condition).order_by("pk")
    return list(alerts.values_list("subject", flat=True))


def evaluated(start, *minutes: float) -> None:
    for minute in minutes:
        evaluate(start + minute * MINUTE)


def test_every_condition_has_one_rule():
    assert sorted(BY_CONDITION) == sorted(Alert.Condition)
    assert len(RULES) == len(BY_CONDITION)


# --- Keys -----------------------------------------------------------------------------


def unknown(cursor: Cursor, at) -> None:
    Connection.objects.filter(pk=cursor.connection_id).update(known=False, known_at=at)


def test_a_key_that_segment_does_not_know_for_ten_minutes_opens_an_alert(cursor, start):
    unknown(cursor, start)
    evaluated(start, 9)
    assert opened("key_unknown") == []

    evaluated(start, 10, 11)
    assert opened("key_unknown") == [f"connection:{cursor.connection_id}"]

    Connection.objects.update(known=True)
    evaluated(start, 12, 13)
    unknown(cursor, start)
    evaluated(start, 14)
    assert Alert.objects.count() == 1

    Connection.objects.update(known=True)
    evaluated(start, 15, 17)
    assert Alert.objects.get().recovered


def test_a_key_whose_test_event_someone_saw_is_known(cursor, start):
    unknown(cursor, start)
    Connection.objects.update(seen_at=start + MINUTE)

    evaluated(start, 20)

    assert opened("key_unknown") == []


# --- Events that expire ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_left", "condition"), [(5, "expiring_week"), (0.5, "expiring_day")]
)
def test_queued_events_that_expire_soon_open_an_alert(
    cursor, start, days_left, condition
):
    midnight = start.replace(hour=0)
    kept = cursor.stream.retention_days
    received = midnight - timedelta(days=kept) + timedelta(days=int(days_left))
    factories.append(cursor.feed, 3, now=received)

    evaluated(start, 0, 15)

    assert opened(condition) == [f"feed:{cursor.feed_id}"]
    assert Alert.objects.get(condition=condition).count == 3
    other = {"expiring_week", "expiring_day"} - {condition}
    assert opened(other.pop()) == []

    cursor.refresh_from_db()
    factories.delivered(cursor, 3, now=start)
    Cursor.objects.update(due_at=None)
    evaluated(start, 30, 45)
    assert opened(condition) == []


def test_new_events_do_not_expire_soon(cursor, start):
    factories.append(cursor.feed, 3, now=start)

    evaluated(start, 0)

    assert not Alert.objects.filter(condition__startswith="expiring").exists()


# --- Quarantine -----------------------------------------------------------------------


def test_an_event_that_waits_for_a_user_id_opens_an_alert_after_a_day(cursor, start):
    factories.quarantined(cursor.feed, rule="IDENTITY-UNRESOLVED", now=start)

    evaluated(start, 1, 60)
    assert opened("quarantine") == []

    evaluated(start, 24 * 60 + 1)
    assert opened("quarantine") == [f"feed:{cursor.feed_id}"]


def test_an_event_that_broke_a_rule_opens_an_alert_behind_one_that_waits(cursor, start):
    factories.quarantined(cursor.feed, rule="IDENTITY-UNRESOLVED", now=start)
    factories.quarantined(cursor.feed, now=start)

    evaluated(start, 1)

    assert opened("quarantine") == [f"feed:{cursor.feed_id}"]


def test_the_first_event_in_quarantine_opens_an_alert_until_the_last_is_resolved(
    cursor, start
):
    factories.quarantined(cursor.feed)
    QuarantinedEvent.objects.update(received_at=start)
    evaluated(start, 1)
    assert opened("quarantine") == [f"feed:{cursor.feed_id}"]
    assert Alert.objects.get(condition="quarantine").since == start

    Feed.objects.update(quarantined=0)
    evaluated(start, 2)
    Feed.objects.update(quarantined=1)
    evaluated(start, 3)
    Feed.objects.update(quarantined=0)
    evaluated(start, 4, 9)
    assert opened("quarantine") == []
    assert Alert.objects.filter(condition="quarantine").count() == 1


# --- Issues ---------------------------------------------------------------------------


def with_errors(feed: Feed, hour, **counts: int) -> None:
    """Note how many events broke two rules in an hour, by the name of the event."""
    for slot, (name, count) in enumerate(counts.items()):
        for offset, rule in enumerate(("spec-1", "spec-2")):
            kind = IssueKind.objects.create(
                feed=feed, slot=slot * 2 + offset, rule=rule, name=name, severity="error",
                first_seen_at=hour, last_seen_at=hour,
            )  # fmt: skip
            IssueHour.objects.create(kind=kind, at=hour, count=count)


def received(feed: Feed, at, before: int, events: int) -> None:
    """Note that a feed received events in the quarter of an hour that begins then."""
    FeedMark.objects.create(feed_id=feed.pk, at=at, seq=before)
    Feed.objects.filter(pk=feed.pk).update(head_seq=before + events, head_at=at)


def test_errors_in_more_than_5_percent_of_an_hours_events_open_an_alert(cursor, start):
    received(cursor.feed, start - HOUR, before=1_000, events=1_000)
    with_errors(cursor.feed, start - HOUR, Bought=40, Sold=30)

    evaluated(start, 5, 10)
    assert opened("issues") == [f"feed:{cursor.feed_id}"]
    assert Alert.objects.get(condition="issues").count == 70

    evaluated(start, 60, 65, 120)
    assert opened("issues") == []


@pytest.mark.parametrize("errors", [9, 45])
def test_a_few_errors_open_no_alert(cursor, start, errors):
    received(cursor.feed, start - HOUR, before=0, events=1_000 if errors > 9 else 20)
    with_errors(cursor.feed, start - HOUR, Bought=errors)

    evaluated(start, 5)

    assert opened("issues") == []


# --- Volume ---------------------------------------------------------------------------


def test_feeds_are_compared_in_turn_and_keep_their_alerts_between(start):
    cursors = [factories.cursor(), factories.cursor()]
    for one in cursors:
        received(one.feed, start - HOUR - WEEK, before=0, events=500)
        received(one.feed, start - 5 * HOUR, before=500, events=10)
    feeds = sorted((one.feed_id for one in cursors), key=lambda pk: pk % 5)

    evaluated(start, feeds[0] % 5)
    assert opened("volume_stopped") == [f"feed:{feeds[0]}"]

    evaluated(start, *range(1, 11))
    assert opened("volume_stopped") == [f"feed:{pk}" for pk in feeds]
    assert not Alert.objects.exclude(calm_since=None).exists()


@pytest.mark.parametrize(
    ("minutes", "found"),
    [(range(5), True), (range(5, 30), False), (range(30, 35), True)],
)
def test_feeds_that_stopped_are_searched_twice_an_hour(cursor, start, minutes, found):
    received(cursor.feed, start - HOUR - WEEK, before=0, events=500)
    received(cursor.feed, start - 5 * HOUR, before=500, events=10)

    evaluated(start, *minutes)

    assert bool(opened("volume_stopped")) == found


def test_a_feed_that_stops_has_an_alert_until_an_event_arrives(cursor, start):
    start += cursor.feed_id % 5 * MINUTE  # when it is compared
    hour = start.replace(minute=0)
    received(cursor.feed, hour - HOUR - WEEK, before=0, events=500)
    received(cursor.feed, hour - 5 * HOUR, before=500, events=10)

    evaluated(start, 0, 5)
    assert opened("volume_stopped") == [f"feed:{cursor.feed_id}"]

    # In the next hour of the week before, there were none either.
    evaluated(start, 60, 65)
    assert opened("volume_stopped") == [f"feed:{cursor.feed_id}"]

    received(cursor.feed, hour + HOUR, before=510, events=1)
    evaluated(start, 70, 75)
    assert opened("volume_stopped") == []
    assert Alert.objects.get().recovered


def test_a_feed_with_few_events_may_have_none(cursor, start):
    received(cursor.feed, start - HOUR - WEEK, before=0, events=99)
    received(cursor.feed, start - 5 * HOUR, before=99, events=10)

    evaluated(start, *range(5))

    assert opened("volume_stopped") == []


@pytest.mark.parametrize(("events", "opens"), [(2_000, True), (1_900, False)])
def test_ten_times_the_events_of_the_week_before_open_an_alert(
    cursor, start, events, opens
):
    received(cursor.feed, start - HOUR - WEEK, before=0, events=200)
    FeedMark.objects.create(feed_id=cursor.feed_id, at=start - WEEK, seq=200)
    received(cursor.feed, start - HOUR, before=300, events=events)
    turn = cursor.feed_id % 15

    evaluated(start, turn, turn + 15)

    assert opened("volume_jumped") == ([f"feed:{cursor.feed_id}"] if opens else [])
    evaluated(start, turn + 60, turn + 120)
    assert opened("volume_jumped") == []


# --- News -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "condition"),
    [
        ({"stopped_because": ""}, "replay_finished"),
        ({"stopped_because": "The write key changed."}, "replay_stopped"),
    ],
)
def test_a_replay_that_ended_is_news_that_is_over_at_once_with_notices(
    cursor, start, fields, condition
):
    endpoint, _ = factories.webhook_endpoint(cursor.feed.workspace)
    factories.append(cursor.feed, 4, now=start - HOUR)
    cursor.refresh_from_db()
    factories.delivered(cursor, 4, now=start - HOUR)
    replay = factories.replay(cursor, end=4, **fields)
    end = 4 if condition == "replay_finished" else 2
    Cursor.objects.filter(pk=replay.cursor_id).update(
        position=end, ended_at=start, due_at=None
    )

    evaluated(start, 1, 2)
    assert opened(condition) == []
    alert = Alert.objects.get(condition=condition)
    assert (alert.reason, alert.count) == (fields["stopped_because"], end)
    assert alert.closed_at == alert.opened_at
    messages = endpoint.messages.order_by("pk").values_list("transition", flat=True)
    assert list(messages) == ["opened", "closed"]
    send_due(start + 2 * MINUTE, stop=lambda: False)
    inbox = Notice.objects.get(channel="inbox")
    assert inbox.sent_at
    assert page_of(alert).partition("?")[0].endswith("/replays/")
    assert Notice.objects.filter(channel="email").count() == 1

    evaluate(start + DAY + MINUTE)
    assert Alert.objects.get(condition=condition) == alert


def test_a_replay_that_someone_canceled_is_no_news(cursor, start):
    factories.append(cursor.feed, 4, now=start)
    cursor.refresh_from_db()
    factories.delivered(cursor, 4, now=start)
    replay = factories.replay(cursor, end=4)
    Cursor.objects.filter(pk=replay.cursor_id).update(ended_at=start, due_at=None)

    evaluated(start, 1)

    assert not Alert.objects.exists()


def test_a_changed_stage_is_news_that_is_over_at_once(start):
    stream = factories.stream(stage="live")
    suspend(stream=stream, reason="Drill", actor=factories.staff())

    moment = now()
    evaluate(moment)
    evaluate(moment + MINUTE)

    alert = Alert.objects.get(condition="stage")
    assert (alert.stream, alert.partner) == (stream, stream.partner)
    assert alert.reason == "Suspended the stream"
    assert (alert.state, alert.tone) == (Alert.State.ENDED, "")
    assert alert.closed_at == alert.opened_at
    assert not Notice.objects.exists()
    evaluate(moment + DAY + MINUTE)
    assert Alert.objects.get(condition="stage") == alert


# --- Halts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regions", "reason"),
    [
        (["eu"], "Only Europe (Ireland): Drill"),
        (["eu", "us"], "Only Europe (Ireland) and United States: Drill"),
        (["eu", ""], "Drill"),
    ],
)
def test_an_alert_about_a_halt_names_its_regions(start, regions, reason):
    factories.stream(stage="live")
    for region in regions:
        Halt.objects.create(reason="Drill", region=region, created_at=start)

    evaluated(start, 1)

    assert Alert.objects.get(condition="halted").reason == reason


def test_an_operators_stop_of_delivery_notifies_the_partner_of_its_start_and_its_end(
    start,
):
    stream = factories.stream(stage="live")
    factories.stream(stage="draft")
    factories.partner_member(stream.partner, "admin", "petra@postbox.example")
    Halt.objects.create(reason="Drill", created_at=start)
    evaluated(start, 0.5)
    assert opened("halted") == []

    evaluated(start, 1)
    assert opened("halted") == [f"stream:{stream.pk}"]
    Notice.objects.update(sent_at=start + 2 * MINUTE)

    Halt.objects.all().delete()
    evaluated(start, 2, 3)
    assert Alert.objects.get().recovered
    sent = Notice.objects.filter(recipient__email="petra@postbox.example")
    assert set(sent.values_list("transition", flat=True)) == {"opened", "closed"}
