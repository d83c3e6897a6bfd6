"""Bulk decisions about quarantined events lose, double and reorder nothing."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import OperationalError

from streams.audit.models import AuditEntry
from streams.base.clock import now
from streams.delivery import quarantine_jobs
from streams.delivery.append import accept
from streams.delivery.quarantine_decisions import (
    CannotRename,
    CountChanged,
    NothingQuarantined,
    decide,
    stop,
)
from streams.delivery.retention.pruning import prune
from streams.events.log import FeedAddition
from streams.events.models import Event, QuarantinedEvent, QuarantineJob
from streams.events.quarantine import (
    QuarantineFilter,
    QuarantineGroup,
    counts,
    kinds,
)
from streams.observability import ledger
from streams.observability.backlog import measure
from streams.observability.reconcile import inconsistencies
from tests import factories

pytestmark = pytest.mark.django_db

Action = QuarantineJob.Action
RULE = "PLAN-EVENT-001"
PLANNED, OLD = "Email Opened", "Mail Opened"


@pytest.fixture
def feed():
    """A connected feed of a stream that has a plan."""
    feed = factories.cursor(factories.connection()).feed
    factories.published_plan(feed.stream, PLANNED)
    return feed


@pytest.fixture(autouse=True)
def discards_start_at_once(monkeypatch):
    monkeypatch.setattr(quarantine_jobs, "TIME_TO_UNDO", timedelta(0))


def hold(feed, count, name=OLD, *, rule=RULE, now=factories.NOW):
    return factories.quarantined(feed, count, event=name, rule=rule, now=now)


def work():
    quarantine_jobs.work(lambda: False)


def in_log(feed):
    rows = Event.objects.filter(feed=feed).order_by("seq")
    return list(rows.values_list("message_id", flat=True))


def beside(feed):
    books = ledger.of(feed)
    assert inconsistencies(feed) == []
    return books.received, books.accepted, books.quarantined, books.discarded


def test_released_events_follow_in_order_and_are_due(feed, monkeypatch):
    monkeypatch.setattr(quarantine_jobs, "CHUNK", 2)
    factories.append(feed, 1)
    factories.delivered(feed.cursors.get(), 1)
    ids = hold(feed, 5)

    decide(feeds=[feed], held=QuarantineFilter(), action=Action.RELEASE, actor=None)
    work()

    assert in_log(feed)[1:] == ids
    assert beside(feed) == (6, 6, 0, 0)
    assert feed.cursors.get().due_at is not None
    job = QuarantineJob.objects.get()
    assert (job.events, job.released, job.kept, bool(job.ended_at)) == (5, 5, 0, True)


def test_a_rename_changes_only_the_name_and_releases_events_without_errors(feed):
    [message_id] = hold(feed, 1)
    before = json.loads(bytes(QuarantinedEvent.objects.get().payload))

    held = QuarantineFilter(name=OLD)
    decide(feeds=[feed], held=held, action=Action.RENAME, new_name=PLANNED, actor=None)
    work()

    [event] = Event.objects.filter(feed=feed)
    assert json.loads(bytes(event.payload)) == before | {"event": PLANNED}
    assert (event.name, event.message_id) == (PLANNED, message_id)


def test_an_event_with_an_error_under_its_new_name_stays_and_is_counted(feed):
    hold(feed, 3)

    held = QuarantineFilter(name=OLD)
    decide(feeds=[feed], held=held, action=Action.RENAME, new_name="Odd", actor=None)
    work()

    job = QuarantineJob.objects.get()
    assert (job.released, job.kept, bool(job.ended_at)) == (0, 3, True)
    assert kinds([feed.pk]) == [QuarantineGroup(RULE, "Odd", 3)]
    assert beside(feed) == (3, 0, 3, 0)


def test_a_rename_matches_only_its_own_call(feed):
    page = factories.event(feed.stream, type="page", event=None, name=OLD)
    accept([FeedAddition(feed.pk, [page.quarantined(RULE)])], now=factories.NOW)
    hold(feed, 2)

    held = QuarantineFilter(name=OLD)
    decide(feeds=[feed], held=held, action=Action.RENAME, new_name=PLANNED, actor=None)
    work()

    assert kinds([feed.pk]) == [QuarantineGroup(RULE, OLD, 1)]
    assert QuarantineJob.objects.get().events == 2


def test_exactly_the_selected_events_are_released_in_order(feed):
    ids = hold(feed, 7)
    pks = list(QuarantinedEvent.objects.order_by("pk").values_list("pk", flat=True))
    chosen = [pks[5], pks[1], pks[2]]

    decide(
        feeds=[feed],
        held=QuarantineFilter(ids=chosen),
        action=Action.RELEASE,
        actor=None,
        counted=3,
    )
    work()

    assert in_log(feed) == [ids[1], ids[2], ids[5]]
    assert beside(feed) == (7, 3, 4, 0)
    # Neighbors share a job; the log has one entry for the action.
    assert sorted(QuarantineJob.objects.values_list("events", flat=True)) == [1, 2]
    assert AuditEntry.objects.get(action="quarantine.release").detail["events"] == 3


def test_a_selection_of_another_feed_is_ignored(feed):
    other = factories.feed(feed.stream)
    hold(other, 2)
    pks = list(QuarantinedEvent.objects.values_list("pk", flat=True))

    with pytest.raises(NothingQuarantined):
        decide(
            feeds=[feed],
            held=QuarantineFilter(ids=pks),
            action=Action.DISCARD,
            actor=None,
        )


def test_other_events_than_those_that_were_counted_are_refused(feed):
    hold(feed, 3)

    with pytest.raises(CountChanged):
        decide(
            feeds=[feed],
            held=QuarantineFilter(name=OLD),
            action=Action.DISCARD,
            actor=None,
            counted=2,
        )

    assert not QuarantineJob.objects.exists()


def test_a_discard_can_be_undone_before_it_starts(feed, monkeypatch):
    monkeypatch.setattr(quarantine_jobs, "TIME_TO_UNDO", timedelta(hours=1))
    hold(feed, 3)
    order = decide(
        feeds=[feed], held=QuarantineFilter(), action=Action.DISCARD, actor=None
    )
    work()

    left = stop(order=order, feeds=[feed], actor=None)
    monkeypatch.setattr(quarantine_jobs, "TIME_TO_UNDO", timedelta(0))
    work()

    assert (left, beside(feed)) == (3, (3, 0, 3, 0))
    assert AuditEntry.objects.get(action="quarantine.stopped").detail["events"] == 3


def test_a_stopped_action_keeps_what_it_did(feed, monkeypatch):
    monkeypatch.setattr(quarantine_jobs, "CHUNK", 2)
    hold(feed, 5)
    order = decide(
        feeds=[feed], held=QuarantineFilter(), action=Action.RELEASE, actor=None
    )
    chunks = iter([False, True])
    quarantine_jobs.work(lambda: next(chunks))

    left = stop(order=order, feeds=[feed], actor=None)
    work()

    assert (left, beside(feed)) == (3, (5, 2, 3, 0))
    assert stop(order=order, feeds=[feed], actor=None) == 0


def test_discarded_events_are_deleted_and_accounted_for(feed):
    hold(feed, 3)
    hold(feed, 2, "Other")

    decide(
        feeds=[feed], held=QuarantineFilter(name=OLD), action=Action.DISCARD, actor=None
    )
    work()

    assert beside(feed) == (5, 0, 2, 3)
    assert in_log(feed) == []
    assert kinds([feed.pk]) == [QuarantineGroup(RULE, "Other", 2)]


def test_events_that_arrived_after_the_preview_are_excluded(feed):
    hold(feed, 2)
    decide(feeds=[feed], held=QuarantineFilter(), action=Action.DISCARD, actor=None)
    hold(feed, 3)

    work()

    assert beside(feed) == (5, 0, 3, 2)


def test_a_rule_can_be_selected(feed):
    hold(feed, 2)
    hold(feed, 1, rule="SPEC-NAME-003")

    decide(
        feeds=[feed],
        held=QuarantineFilter(rule="SPEC-NAME-003"),
        action=Action.RELEASE,
        actor=None,
    )
    work()

    assert beside(feed) == (3, 1, 2, 0)


def test_several_feeds_are_resolved_in_order_at_once(feed):
    other, empty, rest = (factories.feed(feed.stream) for _ in range(3))
    alice = factories.user()
    for one, count in ((feed, 2), (other, 1), (rest, 4)):
        hold(one, count)

    order = decide(
        feeds=[feed, other, empty],
        held=QuarantineFilter(),
        action=Action.RELEASE,
        actor=alice,
    )
    work()

    jobs = QuarantineJob.objects.filter(order=order).order_by("pk")
    assert [(job.feed_id, job.released) for job in jobs] == [
        (feed.pk, 2),
        (other.pk, 1),
    ]
    assert beside(rest) == (4, 0, 4, 0)
    noted = AuditEntry.objects.filter(action="quarantine.release", actor=alice)
    assert [entry.workspace for entry in noted] == [feed.workspace, other.workspace]


def test_a_chunk_that_fails_changes_nothing(feed, monkeypatch):
    ids = hold(feed, 3)
    decide(feeds=[feed], held=QuarantineFilter(), action=Action.RELEASE, actor=None)

    def die(*_, **__):
        raise OperationalError("The database is gone.")

    with monkeypatch.context() as broken:
        broken.setattr(quarantine_jobs, "accept_released", die)
        with pytest.raises(OperationalError):
            work()
    assert beside(feed) == (3, 0, 3, 0)
    work()

    assert in_log(feed) == ids
    assert beside(feed) == (3, 3, 0, 0)


def test_a_job_that_cannot_be_processed_fails_alone(feed, monkeypatch):
    monkeypatch.setattr(quarantine_jobs, "CHUNK", 1)
    other = factories.feed(feed.stream)
    hold(feed, 3)
    ids = hold(other, 2)
    good, bad, _ = QuarantinedEvent.objects.filter(feed=feed).order_by("pk")
    QuarantinedEvent.objects.filter(pk=bad.pk).update(payload=b"{")
    for one in (feed, other):
        held = QuarantineFilter(name=OLD)
        rename = {"action": Action.RENAME, "new_name": PLANNED}
        decide(feeds=[one], held=held, actor=None, **rename)

    work()

    assert in_log(other) == ids
    assert in_log(feed) == [good.message_id]
    assert beside(feed) == (3, 1, 2, 0)
    job = QuarantineJob.objects.get(feed=feed)
    assert (job.failed, job.released, bool(job.ended_at)) == (True, 1, True)
    assert not QuarantineJob.objects.get(feed=other).failed
    entry = AuditEntry.objects.get(action="quarantine.failed")
    assert (entry.workspace, entry.detail["events"]) == (feed.workspace, 2)
    assert not quarantine_jobs.has_lost_its_worker()


def test_a_failed_job_is_shown_until_its_events_are_resolved(feed):
    hold(feed, 2)
    QuarantinedEvent.objects.update(payload=b"{")
    held = QuarantineFilter(name=OLD)
    decide(feeds=[feed], held=held, action=Action.RENAME, new_name=PLANNED, actor=None)
    before = now()
    work()
    assert [job.left for job in quarantine_jobs.failed_jobs(before)] == [2]
    assert not quarantine_jobs.failed_jobs(now()).exists()

    decide(feeds=[feed], held=held, action=Action.DISCARD, actor=None)
    work()

    assert beside(feed) == (2, 0, 0, 2)
    assert not quarantine_jobs.failed_jobs(before).exists()


def test_a_selection_without_events_is_refused(feed):
    hold(feed, 1)

    with pytest.raises(NothingQuarantined):
        decide(
            feeds=[feed],
            held=QuarantineFilter(name="x"),
            action=Action.DISCARD,
            actor=None,
        )


@pytest.mark.parametrize(
    ("name", "new_name"),
    [("", "B"), ("A", ""), ("A", " "), ("A", "A"), ("A", "x" * 201)],
)
def test_a_rename_needs_an_old_name_and_a_new_one(feed, name, new_name):
    held = QuarantineFilter(name=name)

    with pytest.raises(CannotRename):
        decide(
            feeds=[feed], held=held, action=Action.RENAME, new_name=new_name, actor=None
        )


def test_an_abandoned_job_is_found(feed):
    hold(feed, 1)
    assert not quarantine_jobs.has_lost_its_worker()

    decide(feeds=[feed], held=QuarantineFilter(), action=Action.RELEASE, actor=None)

    assert quarantine_jobs.has_lost_its_worker()
    work()
    assert not quarantine_jobs.has_lost_its_worker()


def test_quarantined_events_past_their_retention_expire_and_are_accounted_for(feed):
    hold(feed, 2)
    hold(feed, 1, now=factories.NOW + timedelta(days=20))

    done = prune(now=factories.NOW + timedelta(days=feed.stream.retention_days + 2))

    assert done.quarantined == 2
    assert beside(feed) == (3, 0, 1, 0)
    assert ledger.of(feed).quarantine_expired == 2


def test_quarantined_events_count_as_queued(feed, settings):
    settings.MAX_FEED_BACKLOG_EVENTS = 3
    factories.append(feed, 1)
    hold(feed, 2)

    load = measure()

    assert (load.waiting, load.full_feeds) == (3, frozenset({feed.pk}))


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ("quarantined", "3 events are in quarantine, but there are 2 rows"),
        ("discarded", "1 events were discarded, but the jobs say 0"),
        (
            "quarantine_expired",
            "1 events have expired in quarantine, but the activity log says 0",
        ),
    ],
)
def test_a_wrong_count_is_found(feed, column, found):
    hold(feed, 2)
    type(feed).objects.filter(pk=feed.pk).update(**{column: getattr(feed, column) + 1})

    assert inconsistencies(feed) == [found]


def test_everything_up_to_an_event_is_counted_without_reading_it(
    feed, django_assert_num_queries
):
    hold(feed, 3)
    last_id = QuarantinedEvent.objects.order_by("pk").last().pk
    hold(feed, 2)

    with django_assert_num_queries(1):
        [found] = counts([feed.pk], QuarantineFilter(last_id=last_id))

    assert (found.events, found.last_id) == (3, last_id)
