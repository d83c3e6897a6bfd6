"""A feed whose row another session locks does not delay the only writer."""

from __future__ import annotations

import time

import pytest
from django.db import connection

from streams.base.database.session import DATABASE_DOWN
from tests import factories
from tests.faults.row_locks import LOCK_TIMEOUT_S, held
from tests.ingest.commit_writer import Writer
from tests.ingest.test_group_commit import Notified, one
from tests.portal_processes import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def committer():
    committer = Writer(Notified())
    yield committer
    committer.close()


def refused(committer, feed):
    return isinstance(committer.hand_over(one(feed)).exception(10), DATABASE_DOWN)


if connection.vendor == "postgresql":  # SQLite has no row locks

    @pytest.mark.parametrize("what", ["feed", "idle cursor"])
    def test_a_locked_row_affects_its_own_feed_only(committer, what):
        stuck = factories.cursor(factories.connection(factories.feed()))
        other = factories.feed()

        with held(stuck.feed if what == "feed" else stuck):
            assert refused(committer, stuck.feed)
            began = time.monotonic()
            for _ in range(5):
                assert committer.hand_over(one(other)).result(10)
                assert refused(committer, stuck.feed)
            took_s = time.monotonic() - began
        until(lambda: not refused(committer, stuck.feed))

        assert took_s < 5 * LOCK_TIMEOUT_S  # each of the five would have waited
