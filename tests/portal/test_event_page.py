"""The page of one event."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from streams.audit.services import record
from streams.base.clock import now
from streams.connections.regions import tracking_url
from streams.delivery.models import Cursor
from streams.delivery.retention.expiry import EXPIRED
from streams.events.models import Event
from streams.portal.event.curl import curl
from streams.portal.event.timeline import timeline
from streams.tenancy.models import Workspace
from tests import factories
from tests.factories import NOW


def url(cast, seq: int = 1, page: str = "event") -> str:
    return reverse(f"portal:{page}", args=[cast.workspace.public_id, seq])


@pytest.fixture
def cursor(cast):
    return factories.due_cursor(2, factories.connection(cast.feed))


@pytest.mark.parametrize(
    ("events_sent", "offered"),
    [(0, False), (1, True)],
)
def test_replay_is_offered_only_for_events_that_were_sent(
    as_alice, cast, cursor, events_sent, offered
):
    if events_sent:
        factories.delivered(cursor, events_sent)

    page = as_alice.get(url(cast)).text

    assert ("Replay…" in page) is offered


def test_a_delivered_event_says_why_it_may_be_missing_in_segment(as_bob, cast, cursor):
    factories.delivered(cursor, 1)

    delivered = as_bob.get(url(cast)).text
    queued = as_bob.get(url(cast, 2)).text

    # The Debugger shows a sample only, and Segment accepts events with a wrong key.
    assert "I don't see the event in Segment" in unescape(delivered)
    assert "I don't see the event in Segment" not in unescape(queued)


def test_a_queued_event_refreshes_all_that_depends_on_its_state(as_alice, cast, cursor):
    queued = as_alice.get(url(cast)).text
    factories.delivered(cursor, 1)

    settled = as_alice.get(url(cast)).text

    assert 'hx-select="#event-state"' in queued
    assert "hx-select" not in settled


def test_a_retried_event_offers_to_retry_now(as_alice, cast, cursor):
    factories.delivery(
        cursor, 1, 2, outcome="retry", status_code=503, error="Segment returned 503."
    )
    Cursor.objects.update(failures=1, due_at=now() + timedelta(minutes=5))

    page = as_alice.get(url(cast)).text

    assert "1 attempt failed with “Segment returned 503”" in page
    assert (
        f'action="{reverse("portal:connection-retry", args=[cast.workspace.public_id])}"'
        in page
    )


def test_a_viewer_sees_the_reason_and_who_can_help(as_bob, cast, cursor):
    Cursor.objects.update(failures=1)

    page = as_bob.get(url(cast)).text

    assert "An editor or admin of this workspace can fix this." in page
    assert "Retry now" not in page


def test_all_times_of_the_page_have_one_format_with_the_zone(as_alice, cast, cursor):
    factories.delivered(cursor, 1)
    as_alice.cookies["zone"] = "Europe/Berlin"

    page = as_alice.get(url(cast)).text

    assert "Segment accepted this event on 2 Mar 2026, 11:00:00 CET." in page
    shown = re.sub(r'datetime="[^"]*"', "", page.partition('class="annotated')[0])
    assert "10:00" not in shown
    kept_until = shown.partition("Retained until")[2].partition("</time>")[0]
    # Midnight in UTC, when retention deletes events.
    assert re.search(r"0[12]:00:00 CES?T$", kept_until)


def test_issues_are_shown_at_their_line_with_a_link_to_all_events(as_alice, cast):
    factories.published_plan(cast.stream, "Email Sent")
    factories.append(cast.feed, event="Email Opened")

    page = as_alice.get(url(cast)).text

    assert "PLAN-EVENT-001" in page
    assert (
        f"{reverse('portal:events', args=[cast.workspace.public_id])}?rule=PLAN-EVENT-001"
        in page
    )


def test_an_event_without_issues_says_so(as_alice, cast):
    factories.append(cast.feed)

    assert "No issues, by the current plan" in as_alice.get(url(cast)).text


def test_the_json_can_be_downloaded(as_alice, cast):
    factories.append(cast.feed, messageId="m-1")

    response = as_alice.get(url(cast, page="event-json"))

    assert json.loads(response.content)["messageId"] == "m-1"
    assert response["Content-Disposition"] == 'attachment; filename="event-1.json"'


@pytest.mark.parametrize(
    "text",
    ["it's", '$(touch x) `id` \\ " !!', "'; rm -rf / #", "\u2028 ünïcode\t"],
)
def test_a_command_survives_any_payload(text, tmp_path):
    echo = tmp_path / "curl"
    echo.write_text('#!/bin/sh\nfor a in "$@"; do printf "%s\\0" "$a"; done\n')
    echo.chmod(0o755)
    body = json.dumps({"batch": [{"name": text}]}, ensure_ascii=False)

    sent = subprocess.run(
        [shutil.which("sh") or "/bin/sh", "-c", curl("us", body)],
        env={"PATH": str(tmp_path), "WRITE_KEY": "k"},
        capture_output=True,
        check=True,
    )

    arguments = sent.stdout.decode().split("\0")
    assert arguments[:4] == ["-X", "POST", f"{tracking_url('us')}/batch", "-u"]
    assert (arguments[4], arguments[-2]) == ("k:", body)


def test_the_page_has_a_command_without_the_key(as_alice, cast):
    factories.due_cursor(1, factories.connection(cast.feed, write_key="s" * 32))

    page = as_alice.get(url(cast)).text

    assert "-u &quot;$WRITE_KEY:&quot;" in page
    assert "s" * 32 not in page


def test_an_expired_event_says_whether_it_was_sent(as_alice, cast):
    factories.append(cast.feed, 2)
    factories.expired(cast.feed, 2)
    record(
        EXPIRED,
        actor=None,
        workspace=Workspace.objects.get(pk=cast.workspace.pk),
        feed=cast.feed.pk,
        first_seq=2,
        last_seq=2,
    )

    sent, unsent = as_alice.get(url(cast, 1)).text, as_alice.get(url(cast, 2)).text

    assert "It was not waiting for delivery then." in sent
    assert "before it could be sent." in unsent
    assert as_alice.get(url(cast, 3)).status_code == 404


def test_the_way_of_an_event_has_the_time_between_its_steps(cast, cursor):
    event = Event.objects.get(feed=cast.feed, seq=1)
    first = factories.delivery(
        cursor, 1, 1, outcome="retry", started_at=NOW + timedelta(seconds=2)
    )
    last = factories.delivery(cursor, 1, 1, started_at=NOW + timedelta(seconds=60))

    steps = timeline(event, [last, first], arrived_at=NOW, is_sent=True)

    assert [
        (step.name, step.took.total_seconds())
        for step in steps
        if step.took is not None
    ] == [("Sent", 2), ("Last attempt", 58), ("Responded", 0.08)]


def test_the_way_of_a_released_event_says_how_long_it_waited_in_quarantine(
    cast, cursor
):
    event = Event.objects.get(feed=cast.feed, seq=1)
    arrived_at = event.received_at - timedelta(minutes=5)

    steps = timeline(event, [], arrived_at=arrived_at, is_sent=False)

    assert [(step.name, step.at) for step in steps if step.at] == [
        ("Received", arrived_at),
        ("Checked", arrived_at),
        ("Released", event.received_at),
        ("Queued", event.received_at),
    ]
    assert steps[2].took == timedelta(minutes=5)
    # The issues of today's plan are no part of the past.
    assert steps[1].detail == ""
