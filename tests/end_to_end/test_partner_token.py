"""A request of a partner's server with the events of three workspaces."""

from __future__ import annotations

import pytest
import requests

from streams.events.models import Event
from streams.tenancy.models import Workspace
from tests import factories
from tests.portal_processes import until
from tests.secret_leaks import places_with

pytestmark = [pytest.mark.processes]


def event(workspace: str, message_id: str, **changes) -> dict:
    return {
        "type": "track",
        "event": "Email Opened",
        "userId": "u-1",
        "workspace": workspace,
        "messageId": message_id,
        **changes,
    }


def test_each_event_gets_its_own_status_and_the_valid_ones_arrive(portal, far_segment):
    stream = factories.stream(create_workspaces=False)
    cursors = [
        factories.cursor(factories.connection(factories.feed(stream))) for _ in range(3)
    ]
    one, two, three = (c.feed.workspace.external_id for c in cursors)
    _, token = factories.token(stream)
    url = portal.ingest()
    portal.worker()
    portal.beat()

    answer = requests.post(
        f"{url}/v1/batch",
        headers={"Authorization": f"Bearer {token.text}"},
        json={
            "batch": [
                event(one, "a"),
                event(two, "b"),
                event(two, "c", userId=17),
                event("nobody", "d"),
                event(three, "e"),
                event(one, "a"),
                event(three, "f"),
            ]
        },
        timeout=10,
    )

    assert answer.status_code == 200
    outcomes = [result["outcome"] for result in answer.json()["results"]]
    assert outcomes == [
        "accepted", "accepted", "rejected", "rejected", "accepted", "duplicate", "accepted",
    ]  # fmt: skip
    until(lambda: far_segment.stats()["unique_message_ids"] == 4)
    by_key = far_segment.stats()["by_key"]
    assert sorted(tally["events"] for tally in by_key.values()) == [1, 1, 2]
    assert not Workspace.objects.filter(external_id="nobody").exists()


def test_the_token_appears_nowhere(portal):
    stream = factories.stream()
    _, token = factories.token(stream)
    url = portal.ingest()
    portal.worker()
    sent = [
        # In the header, and in places where it is sent by mistake.
        {"headers": {"Authorization": f"Bearer {token.text}"}, "json": event("a", "1")},
        {"auth": (token.text, ""), "json": event("a", "2")},
        {"json": {**event("a", "3"), "writeKey": token.text}},
        {"params": {"token": token.text}, "json": event("a", "4")},
    ]

    for how in sent:
        requests.post(f"{url}/v1/track", timeout=10, **how)

    until(lambda: Event.objects.exists())
    assert places_with(token.text, portal) == []
