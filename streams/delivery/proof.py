"""Is the key right? Segment says 200 to any, so: known, then seen. Use it through services.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

import structlog
from django.db import transaction

from streams.base.clock import now
from streams.base.ids import short_code
from streams.base.keyring import CannotDecrypt
from streams.connections import probe
from streams.connections.keys import open_write_key
from streams.delivery.accept import accept
from streams.delivery.holding import Conflict, as_known, note
from streams.events.intake import Source, Surroundings, message_ids, prepare
from streams.events.log import Addition, NewEvent

if TYPE_CHECKING:
    from streams.connections.models import Connection
    from streams.events.models import Feed
    from streams.tenancy.models import User

log = structlog.get_logger()

TEST_EVENT = "Connection Tested"
TEST_USER_ID = "connection-test"  # one for all tests: Segment bills by users seen


class CannotTest(Conflict):
    """The connection was changed or deleted."""


class CannotConfirm(Conflict):
    """No test event is to be confirmed, or not this one."""


@dataclass(frozen=True, slots=True)
class TestEvent:
    """A test event on its way: the code to look for, and the event's number."""

    __test__ = False  # says to pytest that this is no class of tests

    code: str
    seq: int
    stream_ids: frozenset[int]  # to be woken


def check_known(*, connection: Connection) -> bool | None:
    """Ask Segment whether it knows the key, and keep the answer; None: nobody could say.

    Waits for the network, so not to be called in a transaction.
    """
    try:
        key = open_write_key(connection)
    except CannotDecrypt:  # an operator's error: no page fails over it
        log.exception(
            "connection.key_unreadable",
            connection=connection.public_id,
        )
        return None
    known = probe.is_known(region=connection.region, write_key=key)
    as_known(connection).update(known=known, known_at=now())
    connection.refresh_from_db()
    return known


@transaction.atomic
def send_test_event(*, connection: Connection, actor: User | None) -> TestEvent:
    """Put an event with a new code into the feed, to be found in Segment's debugger.

    It waits its turn like any other, and is held while the connection is. Raises
    CannotTest.
    """
    moment, code = now(), short_code()
    event = _test_event(connection.feed, code, moment)
    accepted = accept([Addition(connection.feed_id, [event])], now=moment)
    sent = {"test_code": code, "test_sent_at": moment, "seen_at": None}
    if not as_known(connection).update(**sent):
        raise CannotTest("This connection was changed or deleted just now.")
    connection.refresh_from_db()
    note("connection.tested", connection, actor)
    seq = cast("int", accepted.seqs[0][0])  # its messageId is new: no duplicate
    return TestEvent(code, seq, frozenset(accepted.stream_ids))


@transaction.atomic
def confirm_seen(*, connection: Connection, actor: User | None) -> None:
    """Keep that a person found the last test event in Segment. Raises CannotConfirm."""
    tested = as_known(connection).filter(test_code=connection.test_code)
    if not tested.exclude(test_code="").update(seen_at=now()):
        raise CannotConfirm("There is a newer test event, or none: look for its code.")
    connection.refresh_from_db()
    note("connection.seen", connection, actor)


def _test_event(feed: Feed, code: str, moment: datetime) -> NewEvent:
    stream = feed.stream
    around = Surroundings(
        source=Source(stream.slug, stream.version), received_at=moment
    )
    event = {
        "type": "track",
        "event": TEST_EVENT,
        "userId": TEST_USER_ID,
        "properties": {"code": code, "stream": stream.name},
    }
    return prepare(event, around, ids=message_ids(1))
