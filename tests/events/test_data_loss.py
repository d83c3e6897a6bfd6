"""A database that went back in time is noticed, reported, and acknowledged once."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import F

from streams.base.clock import now
from streams.events.data_loss import services, watermark
from streams.events.data_loss.models import Generation
from streams.events.data_loss.services import acknowledge, setback, tick
from streams.events.models import Event, Feed
from streams.observability.readiness_checks import readiness
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _var(settings, tmp_path):
    settings.VAR_DIR = tmp_path


@pytest.fixture
def restored():
    """Ten ticks, and a copy of the database after five of them."""
    for _ in range(10):
        tick()
    Generation.objects.update(ticks=5)
    return Generation.objects.get()


def test_a_database_that_only_moves_forward_has_no_setback():
    for _ in range(3):
        tick()

    assert Generation.objects.get().ticks == 3
    assert setback() is None


def test_a_restore_is_noticed_with_the_time_from_which_events_may_be_missing(restored):
    until = watermark.highest(restored.number).at

    tick()

    found = setback()
    assert (found.ticks, found.missing_from, found.missing_until) == (
        5,
        restored.ticked_at,
        until,
    )


def test_a_setback_is_reported_everywhere_until_it_is_acknowledged(restored):
    tick()
    tick()

    part = readiness(now())["history"]
    assert (part.ok, part.detail) == (False, services.in_words(setback()))
    for command in ("reconcile", "history"):
        with pytest.raises(SystemExit) as ended:
            call_command(command, stdout=StringIO())
        assert ended.value.code == 1

    call_command("history", "--acknowledge", stdout=StringIO())

    tick()
    assert readiness(now())["history"].ok
    call_command("reconcile", stdout=StringIO())
    assert Generation.objects.count() == 2


def test_a_second_restore_from_before_the_acknowledgement_is_noticed(restored):
    tick()
    acknowledge()
    tick()
    Generation.objects.filter(pk=2).delete()
    Generation.objects.update(ended_at=None, went_back_at=None)

    tick()

    assert setback() is not None


@pytest.mark.parametrize("lost", ["redis", "file"])
def test_one_of_the_two_watermarks_is_enough(restored, settings, lost):
    if lost == "file":
        (settings.VAR_DIR / f"history-{restored.number}.json").unlink()
    else:
        settings.REDIS_URL = ""
    noticed = bool(settings.REDIS_URL) or lost == "redis"

    tick()

    assert (setback() is not None) == noticed


def test_lost_or_broken_watermarks_are_no_setback(settings):
    tick()
    number = Generation.objects.get().number
    settings.REDIS_URL = ""
    file = settings.VAR_DIR / f"history-{number}.json"
    file.write_text("{")
    tick()
    file.unlink()
    tick()

    assert setback() is None


def test_a_new_database_beside_old_watermarks_is_no_setback():
    for _ in range(3):
        tick()
    Generation.objects.all().delete()

    tick()

    assert setback() is None


@pytest.mark.django_db(transaction=True)
def test_an_event_number_that_is_assigned_twice_is_noticed():
    feed = factories.feed()
    factories.append(feed, 3, now=now())
    assert setback() is None
    Event.objects.filter(feed=feed, seq__gt=1).delete()
    Feed.objects.filter(pk=feed.pk).update(head_seq=F("head_seq") - 2)

    factories.append(feed, 1, now=now())

    assert setback() is not None
