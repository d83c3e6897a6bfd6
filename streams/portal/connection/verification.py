"""Progress of the test event that verifies a connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings

from streams.base.msgspec_types import prepared
from streams.catalog.validation.portal_test_event import TEST_EVENT, TEST_USER_ID
from streams.connections.regions import Region
from streams.delivery import event_status
from streams.delivery.event_status import EventState
from streams.delivery.models import Delivery
from streams.events import queries as log
from streams.events.search import scan
from streams.events.search.event_filter import EventFilter

if TYPE_CHECKING:
    from datetime import datetime

    from streams.connections.models import Connection
    from streams.events.models import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class TestProgress:
    """Progress of the test event `seq`."""

    seq: int
    code: str
    name: str
    state: EventState
    at: datetime | None  # when Segment accepted it
    reason: str  # why Segment rejected it
    is_confirmed: bool = False  # someone found it in Segment, or a later one

    @property
    def has_arrived(self) -> bool:
        """Whether Segment accepted it."""
        return self.state in (EventState.DELIVERED, EventState.RECOVERED)

    @property
    def is_queued(self) -> bool:
        """Whether it has not been sent yet."""
        return self.state in (EventState.PENDING, EventState.HELD)


class _Properties(msgspec.Struct):
    code: str = ""


@prepared
class _Call(msgspec.Struct):
    properties: _Properties


def debugger(region: str) -> str:
    """Return the URL of the debugger for that region."""
    if Region(region).is_sandbox:
        return str(settings.SANDBOX_URL)
    return "https://app.segment.com"


def test_event(connection: Connection, seq: int | None) -> TestProgress | None:
    """Return the progress of that test event; by default, of the newest unconfirmed one."""
    feed = connection.feed
    if seq is None:
        seq = _newest(connection)
    event = log.event(feed, seq) if seq is not None else None
    if event is None or (event.name, event.user_id) != (TEST_EVENT, TEST_USER_ID):
        return None
    fate = event_status.statuses(feed, [event])[event.seq]
    delivery = None
    if fate.delivery_id is not None:
        deliveries = Delivery.objects.filter(connection=connection, pk=fate.delivery_id)
        delivery = deliveries.first()
    return TestProgress(
        seq=event.seq,
        code=_code(event),
        name=event.name,
        state=fate.state,
        at=delivery.started_at if delivery else None,
        reason=fate.reason,
        is_confirmed=_is_confirmed(connection),
    )


def _newest(connection: Connection) -> int | None:
    if not connection.test_code or _is_confirmed(connection):
        return None
    tests = EventFilter(
        name=TEST_EVENT, user_id=TEST_USER_ID, since=connection.test_sent_at
    )
    events = scan.page(connection.feed, filters=tests, limit=1).events
    return events[0].seq if events else None


def _is_confirmed(connection: Connection) -> bool:
    seen, sent = connection.seen_at, connection.test_sent_at
    return seen is not None and (sent is None or seen >= sent)


def _code(event: Event) -> str:
    return msgspec.json.decode(event.payload, type=_Call).properties.code
