"""Client libraries with default settings, with and without OAuth, lose no event."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from segment.analytics import Client

from streams.delivery.models import Cursor
from tests import factories
from tests.end_to_end import npm
from tests.end_to_end.npm import node_libraries as node_libraries
from tests.portal_processes import until
from tests.sandbox.oauth_requests import app, private_pem

# Segment's library calls it to read the token server's clock, and continues without it
# where the warning is an error.
UTCNOW = "ignore:datetime.datetime.utcnow:DeprecationWarning"

pytestmark = [pytest.mark.processes, pytest.mark.filterwarnings(UTCNOW)]

EVENTS = 500


@dataclass(frozen=True, slots=True)
class Case:
    """A library, and whether it requests a token first."""

    library: str
    oauth: bool = False

    @property
    def write_key(self) -> str:
        """Return the write key of this case's own Segment source."""
        return f"{self.library}{'OAuth' if self.oauth else 'Plain'}".ljust(32, "0")


SEGMENTS_OWN = [
    Case("node"),
    Case("node", oauth=True),
    Case("python"),
    Case("python", oauth=True),
]


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends with each library, using tokens from one token server."""

    folder: Path
    token_server: str

    def send_all(self, keys: dict[Case, str], url: str) -> dict[Case, str]:
        """Send with all libraries at once, each with its key; return their errors."""
        with ThreadPoolExecutor(len(keys)) as threads:
            sent = {
                case: threads.submit(self._send, case, key, url)
                for case, key in keys.items()
            }
        return {case: done.result() for case, done in sent.items()}

    def _send(self, case: Case, key: str, url: str) -> str:
        if case.library == "python":
            return self._send_with_python(key, url, oauth=case.oauth)
        settings = {
            "clientId": "app-1",
            "clientKey": private_pem(),
            "keyId": "first",
            "authServer": self.token_server,
        }
        order = {"oauth": settings} if case.oauth else {}
        return npm.send(
            self.folder,
            library=case.library,
            url=url,
            writeKey=key,
            events=EVENTS,
            **order,
        )

    def _send_with_python(self, key: str, url: str, *, oauth: bool) -> str:
        settings = {
            "oauth_client_id": "app-1",
            "oauth_client_key": private_pem(),
            "oauth_key_id": "first",
            "oauth_auth_server": self.token_server,
        }
        failed: list[str] = []
        client = Client(
            key,
            host=url,
            on_error=lambda error, batch: failed.append(str(error)),
            **(settings if oauth else {}),
        )
        for number in range(EVENTS):
            client.track(f"user-{number}", "Email Opened", {"number": number})
        client.shutdown()
        return "; ".join(failed)


def arrived(segment, case):
    """Return how many messageIds and which events arrived at a case's source."""
    events = segment.events(case.write_key)
    numbers = sorted(event["properties"]["number"] for event in events)
    return len({event["messageId"] for event in events}), numbers


def each_once(cases):
    """Return what `arrived` returns for each case if every event came exactly once."""
    return {case: (EVENTS, list(range(EVENTS))) for case in cases}


def test_segments_libraries_send_each_event_to_segment_once(
    far_segment, node_libraries
):
    enforced = [case.write_key for case in SEGMENTS_OWN if case.oauth]
    far_segment.oauth(app(), enforced=enforced)
    sender = Sender(node_libraries, far_segment.url)

    complaints = sender.send_all(
        {case: case.write_key for case in SEGMENTS_OWN}, far_segment.url
    )

    assert complaints == dict.fromkeys(SEGMENTS_OWN, "")
    assert {c: arrived(far_segment, c) for c in SEGMENTS_OWN} == each_once(SEGMENTS_OWN)


def test_libraries_send_each_event_through_ingest_once(
    portal, far_segment, node_libraries
):
    cases = [*SEGMENTS_OWN, Case("rudder")]
    far_segment.oauth(app())
    keys = {}
    for case in cases:
        connection = factories.connection(factories.feed(), write_key=case.write_key)
        factories.cursor(connection)
        keys[case] = factories.ingest_key(connection.feed).text
    url = portal.ingest()
    portal.worker()
    portal.beat()

    complaints = Sender(node_libraries, far_segment.url).send_all(keys, url)

    assert complaints == dict.fromkeys(cases, "")
    total = EVENTS * len(cases)
    until(lambda: far_segment.stats()["events"] >= total, within_s=120)
    until(lambda: not Cursor.objects.exclude(due_at=None).exists())  # nothing follows
    (shown,) = far_segment.oauth(app())["apps"]
    assert shown["valid_tokens"] >= 2  # one for each library that requests one
    assert {c: arrived(far_segment, c) for c in cases} == each_once(cases)
