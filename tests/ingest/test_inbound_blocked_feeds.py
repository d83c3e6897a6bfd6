"""A locked identity map does not delay the events from Segment of other workspaces."""

from __future__ import annotations

import json
import time
from concurrent.futures import Future

import pytest
from django.db import connection

from streams.base.database.session import DATABASE_DOWN
from streams.identity.inbound.events import read_event
from streams.identity.inbound.receive import InboundDelivery
from streams.identity.inbound.tool_names import tool_names
from streams.identity.models import IdentityMap
from streams.ingest.inbound.writer import InboundWriter
from tests import factories
from tests.faults.row_locks import LOCK_TIMEOUT_S, held
from tests.portal_processes import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def writer():
    writer = InboundWriter(settle)
    yield writer
    writer.close()


def settle(settled):
    for job, result in settled:
        job.done(result)


def written(writer, address, number):
    """Hand over an event, and return a future of the result, which may be an error."""
    event = {
        "type": "identify",
        "userId": f"u{number}",
        "messageId": f"m{number}",
        "traits": {"email": f"p{number}@example.com"},
    }
    read = read_event(json.dumps(event).encode(), tool_names("postbox"))
    future = Future()
    delivery = InboundDelivery(address.pk, address.feed_id, [read])
    writer.hand_over(delivery, future.set_result)
    return future


if connection.vendor == "postgresql":  # SQLite has no row locks

    @pytest.mark.parametrize("locked", ["address", "map"])
    def test_a_locked_row_affects_the_events_of_its_own_feed_only(writer, locked):
        address, _secret = factories.inbound_address()
        other, _secret = factories.inbound_address()
        identity_map = IdentityMap.objects.create(feed=address.feed)
        row = address if locked == "address" else identity_map
        assert written(writer, other, 0).result(10).links == 1

        with held(row):
            first = written(writer, address, 0)
            written(
                writer, address, 1
            )  # in the next group, perhaps with the other feed
            written(writer, other, 1)
            assert isinstance(first.result(10), DATABASE_DOWN)
            began = time.monotonic()
            for number in range(2, 6):
                stuck = written(writer, address, number)
                assert written(writer, other, number).result(10).links == 1
                assert isinstance(stuck.result(10), DATABASE_DOWN)
            took_s = time.monotonic() - began
        until(lambda: not isinstance(written(writer, address, 9).result(10), Exception))

        assert took_s < 4 * LOCK_TIMEOUT_S  # each of the four would have waited
