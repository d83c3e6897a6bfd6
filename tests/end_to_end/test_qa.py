"""The QA of a stream: a test run makes the checklist pass, a bad event fail it."""

from __future__ import annotations

import pytest
import requests

from streams.base.clock import now
from streams.review.qa.checklist_line import CheckState
from streams.review.qa.journey import SEGMENTS_WALK
from streams.review.qa.run import run_test
from streams.review.qa.services import checklist, last_run
from streams.review.qa.workspaces import prepare
from streams.tenancy.models import PartnerToken
from tests import factories
from tests.portal_processes import until

pytestmark = [pytest.mark.processes]


def test_a_test_run_turns_the_checklist_green_and_one_event_without_a_user_turns_it_red(
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
    until(lambda: checklist(stream, run).complete)
    assert last_run(stream) == run
    assert PartnerToken.objects.get().revoked_at is not None

    feed = stream.feeds.first()
    head = feed.head_seq
    answer = requests.post(
        f"{url}/v1/track",
        auth=(factories.ingest_key(feed).text, ""),
        json={"event": "Email Opened", "anonymousId": "a-1", "properties": {}},
        timeout=10,
    )

    # It is rejected, so it is in no feed: the counted issue shows it.
    assert answer.status_code == 400
    until(lambda: not checklist(stream, run).complete)
    red = checklist(stream, run).open
    assert [line.name for line in red] == ["user-id", "rules"]
    assert {line.state for line in red} == {CheckState.FAILED}
    assert [(one.rule, one.name) for one in red[0].evidence] == [
        ("SPEC-ID-001", "Email Opened")
    ]
    feed.refresh_from_db()
    assert feed.head_seq == head
