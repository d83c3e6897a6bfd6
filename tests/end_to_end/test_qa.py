"""The QA of a stream: a run simulates, own events make the checklist pass, a bad one fail it."""

from __future__ import annotations

import pytest
import requests

from streams.base.clock import now
from streams.catalog.plans.services import published_plan
from streams.review.qa.checklist_line import CheckState
from streams.review.qa.journey import SEGMENTS_WALK
from streams.review.qa.run import calls, run_test
from streams.review.qa.services import checklist, last_run
from streams.review.qa.workspaces import prepare
from streams.tenancy.models import PartnerToken
from tests import factories
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]


def send(url, feed, events) -> None:
    """Send events as the partner's own server does."""
    answer = requests.post(
        f"{url}/v1/batch",
        auth=(factories.ingest_key(feed).text, ""),
        json={
            "batch": [
                {k: v for k, v in event.items() if k != "workspace"} for event in events
            ]
        },
        timeout=10,
    )
    assert answer.json()["rejected"] == 0


def test_own_events_turn_the_checklist_green_and_one_event_without_a_user_turns_it_red(
    portal,
):
    stream = factories.stream(stage="draft")
    factories.published_plan(stream, "Email Bounced", *SEGMENTS_WALK)
    factories.published_pages(stream)
    prepare(stream=stream, actor=None)
    url = portal.ingest()
    portal.worker()
    portal.beat()

    run = run_test(stream=stream, ingest_url=url, actor=None, now=now())

    assert (run.events, run.refused) == (2 * (5 + 4), [])
    assert PartnerToken.objects.get().revoked_at is not None
    until(lambda: in_state(stream, CheckState.UNSEEN) == ["user-id-as-sent"])
    assert in_state(stream, CheckState.PASSED) == ["pages"]
    assert len(in_state(stream, CheckState.SIMULATED)) == 9
    for feed in stream.feeds.all():
        arrive_from_segment(url, feed, calls(published_plan(stream), feed, ""))

    for feed in stream.feeds.all():
        send(url, feed, calls(published_plan(stream), feed, "own-"))
    until(lambda: checklist(stream, run).complete)
    assert last_run(stream) == run

    send_without_user(url, feed)
    # It is rejected, so it is in no feed: the counted issue shows it.
    until(lambda: not checklist(stream, run).complete)
    red = checklist(stream, run).open
    assert in_state(stream, CheckState.FAILED) == ["user-id", "rules"]
    assert len(red) == 2
    assert [(one.rule, one.name) for one in red[0].evidence] == [
        ("SPEC-ID-001", "Email Opened")
    ]


def arrive_from_segment(url, feed, events) -> None:
    """Send an identify call for each person of these events, as Segment does."""
    address, secret = factories.inbound_address(feed)
    people = sorted({event["userId"] for event in events})
    answer = requests.post(
        f"{url}/v1/inbound/{address.public_id}",
        headers={"Authorization": f"Bearer {secret.text}"},
        json=[
            {
                "type": "identify",
                "userId": user_id,
                "messageId": f"segment-{number}",
                "traits": {"email": f"person-{number}@example.com"},
            }
            for number, user_id in enumerate(people)
        ],
        timeout=10,
    )
    assert answer.status_code == 200


def in_state(stream, state) -> list[str]:
    lines = checklist(stream, last_run(stream)).lines
    return [line.name for line in lines if line.state is state]


def send_without_user(url, feed) -> None:
    feed.refresh_from_db()
    head = feed.head_seq
    answer = requests.post(
        f"{url}/v1/track",
        auth=(factories.ingest_key(feed).text, ""),
        json={"event": "Email Opened", "anonymousId": "a-1", "properties": {}},
        timeout=10,
    )
    assert answer.status_code == 400
    feed.refresh_from_db()
    assert feed.head_seq == head
