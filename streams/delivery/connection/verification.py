"""Verification of a connection: known, then seen. Segment returns 200 for any key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from streams.base.clock import now
from streams.base.ids import short_code
from streams.base.keyring import CannotDecrypt
from streams.catalog.validation.portal_test_event import TEST_EVENT, TEST_USER_ID
from streams.connections import write_key_probe
from streams.connections.action_log import Conflict, record_action
from streams.connections.models import Connection
from streams.connections.write_keys import open_write_key
from streams.delivery.append import accept
from streams.delivery.wake import wake_after_commit
from streams.events.event_preparation import (
    RequestFields,
    StreamFields,
    message_ids,
    prepare,
)
from streams.events.log import FeedAddition, NewEvent

if TYPE_CHECKING:
    from streams.events.models import Feed
    from streams.tenancy.models import User

log = structlog.get_logger()


class CannotTest(Conflict):
    """The connection was changed or deleted."""


class CannotConfirm(Conflict):
    """There is no test event to confirm, or there is a newer one."""


@dataclass(frozen=True, slots=True)
class TestEvent:
    """A queued test event: its code and its event number."""

    __test__ = False  # tells pytest that this is not a test class

    code: str
    seq: int


def check_known(*, connection: Connection) -> bool | None:
    """Ask Segment whether it knows the key, and save the result; None: unknown.

    Waits for the network, so don't call it in a transaction.
    """
    try:
        key = open_write_key(connection)
    except CannotDecrypt:  # an operator's mistake must not break the page
        log.exception(
            "connection.key_unreadable",
            connection=connection.public_id,
        )
        return None
    known = write_key_probe.is_known(region=connection.region, write_key=key)
    Connection.objects.unchanged(connection).update(known=known, known_at=now())
    connection.refresh_from_db()
    return known


@transaction.atomic
def send_test_event(*, connection: Connection, actor: User | None) -> TestEvent:
    """Append an event with a new code to the feed, to look for in Segment's debugger.

    It is queued like any other event. An earlier confirmation stays: it is still true of
    this key and region. Raises CannotTest.
    """
    moment, code = now(), short_code()
    event = _test_event(connection.feed, code, moment)
    accepted = accept([FeedAddition(connection.feed_id, [event])], now=moment)
    fields = {"test_code": code, "test_sent_at": moment}
    if not Connection.objects.unchanged(connection).update(**fields):
        raise CannotTest(_("This connection was just changed or deleted."))
    connection.refresh_from_db()
    wake_after_commit(accepted.stream_ids)
    record_action("connection.tested", connection, actor)
    seq = cast("int", accepted.seqs[0][0])  # its messageId is new: no duplicate
    return TestEvent(code, seq)


@transaction.atomic
def confirm_seen(*, connection: Connection, actor: User | None) -> None:
    """Record that a user found the last test event in Segment. Raises CannotConfirm."""
    tested = Connection.objects.unchanged(connection).filter(
        test_code=connection.test_code
    )
    if not tested.exclude(test_code="").update(seen_at=now()):
        raise CannotConfirm(
            _(
                "This test event is out of date. Look for the code on this page, or send a"
                " new test event."
            )
        )
    connection.refresh_from_db()
    record_action("connection.seen", connection, actor)


def _test_event(feed: Feed, code: str, moment: datetime) -> NewEvent:
    stream = feed.stream
    request = RequestFields(
        source=StreamFields(stream.slug, stream.version), received_at=moment
    )
    event = {
        "type": "track",
        "event": TEST_EVENT,
        "userId": TEST_USER_ID,
        "properties": {"code": code, "stream": stream.name},
    }
    return prepare(event, request, ids=message_ids(1))
