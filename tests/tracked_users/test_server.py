"""The ingest server stores the people that it counted, at the latest when it stops."""

from __future__ import annotations

import base64
import json

import pytest

from streams.base.clock import now
from streams.tracked_users.counter import month_of
from streams.tracked_users.figures import months_of
from tests import factories
from tests.ingest.local_server import serving

pytestmark = pytest.mark.django_db(transaction=True)


def send(server, path: str, authorization: str, body: object) -> int:
    content = json.dumps(body).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        "host: x",
        f"authorization: {authorization}",
        f"content-length: {len(content)}",
    ]
    with server.connect() as wire:
        wire.send("\r\n".join([*lines, "", ""]).encode() + content)
        return wire.response()[0]


def test_people_of_the_tool_and_of_other_sources_are_stored_when_the_server_stops():
    feed = factories.cursor(factories.connection()).feed
    address, secret = factories.inbound_address(feed)
    key = base64.b64encode(f"{factories.ingest_key(feed).text}:".encode()).decode()
    sent = [
        {"type": "track", "event": "Email Opened", "userId": f"u{n % 70}"}
        for n in range(100)
    ]
    others = [
        {"type": "identify", "userId": f"u{n}", "messageId": f"m{n}", "projectId": "p"}
        for n in range(50, 90)
    ]

    with serving() as server:
        inbound = f"/v1/inbound/{address.public_id}"
        statuses = (
            send(server, "/v1/batch", f"Basic {key}", {"batch": sent}),
            send(server, inbound, f"Bearer {secret.text}", others),
        )

    month = month_of(now())
    found = months_of([feed.pk], [month]).of_all(month)
    assert statuses == (200, 200)
    assert found.size.people == 70
    assert found.only_here is not None
    assert found.only_here.people == 50
