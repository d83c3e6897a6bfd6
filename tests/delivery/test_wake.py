"""Workers are woken once what they would do is committed, and never before."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import pytest
from celery import current_app
from django.db import transaction

from streams.delivery import quarantine_jobs
from streams.delivery.connection import services, status, verification
from streams.delivery.quarantine_decisions import decide
from streams.delivery.replay.filter import ReplaySelection
from streams.delivery.replay.services import start_replay
from streams.delivery.wake import wake_after_commit
from streams.events.models import QuarantineJob
from streams.events.quarantine import QuarantineFilter
from tests import factories

pytestmark = pytest.mark.django_db

QUARANTINE = ("streams.quarantine", {})


@pytest.fixture
def messages():
    """Return a function that takes the wake-ups from the broker."""
    with current_app.connection_for_read() as broker:
        queue = broker.SimpleQueue(current_app.conf.task_default_queue)
        queue.clear()
        yield partial(received, queue)
        queue.close()


def received(queue) -> list[tuple[str, dict]]:
    found = []
    with suppress(queue.Empty):
        while message := queue.get(block=False):
            message.ack()
            found.append((message.headers["task"], message.payload[1]))
    return found


def drain(stream_id: int) -> tuple[str, dict]:
    return "streams.drain", {"stream_id": stream_id}


def connect():
    feed = factories.feed()
    act = partial(
        services.connect,
        feed=feed,
        write_key=factories.WRITE_KEY,
        region="sandbox",
        actor=None,
    )
    return act, drain(feed.stream_id)


def act_on_connection(action, **arguments):
    cursor = factories.due_cursor()
    if action is verification.send_test_event:
        factories.delivered(cursor, 3)  # idle: only a first event wakes a worker
    if action is status.resume:
        status.pause(connection=cursor.connection, actor=None)
    if action is start_replay:
        factories.delivered(cursor, 3)
    act = partial(action, connection=cursor.connection, actor=None, **arguments)
    return act, drain(cursor.stream_id)


def decide_on_quarantine():
    feed = factories.cursor().feed
    factories.quarantined(feed, 1)
    act = partial(
        decide,
        feeds=[feed],
        held=QuarantineFilter(),
        action=QuarantineJob.Action.RELEASE,
        actor=None,
    )
    return act, QUARANTINE


def release_from_quarantine():
    decision, _ = decide_on_quarantine()
    decision()
    stream_id = decision.keywords["feeds"][0].stream_id
    return partial(quarantine_jobs.work, lambda: False), drain(stream_id)


ACTIONS = {
    "connect": connect,
    "change the region": partial(
        act_on_connection, services.replace, region="sandbox-eu"
    ),
    "resume": partial(act_on_connection, status.resume),
    "retry now": partial(act_on_connection, status.retry_now),
    "send a test event": partial(act_on_connection, verification.send_test_event),
    "replay": partial(
        act_on_connection, start_replay, wanted=ReplaySelection(), new_ids=False
    ),
    "decide about quarantine": decide_on_quarantine,
    "release from quarantine": release_from_quarantine,
}


@pytest.fixture(params=ACTIONS)
def action(request, settings, segment):
    """An action on a connection or its events, and the message that must follow it."""
    settings.SANDBOX_URL = segment.url
    return ACTIONS[request.param]()


def test_an_action_wakes_a_worker_after_its_commit(
    action, messages, django_capture_on_commit_callbacks
):
    act, message = action

    with django_capture_on_commit_callbacks(execute=True):
        act()
        before = messages()

    assert (before, messages()) == ([], [message])


@pytest.mark.django_db(transaction=True)
def test_a_rollback_wakes_no_worker(messages):
    with transaction.atomic():
        wake_after_commit({1})
        transaction.set_rollback(True)
    with transaction.atomic():
        wake_after_commit({2})

    assert messages() == [drain(2)]


def test_each_stream_of_a_call_is_woken_once(
    messages, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        wake_after_commit([1, 2, 1])

    assert sorted(messages(), key=str) == [drain(1), drain(2)]
