"""Conditions that are read each minute find their few connections by an index."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from streams.alerts.conditions.all_rules import BY_CONDITION
from streams.alerts.evaluation import open_at_once
from streams.alerts.models import Alert
from tests import factories

pytestmark = pytest.mark.django_db


if connection.vendor == "postgresql":

    @pytest.fixture(autouse=True)
    def _connections():
        for _ in range(20):
            factories.cursor()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE streams_connection, streams_cursor, streams_feed")

    def plans(run) -> str:
        """Return the plans of the statements about cursors that `run` executes."""
        with CaptureQueriesContext(connection) as captured:
            run()
        queries = [
            one["sql"] for one in captured if 'FROM "streams_cursor"' in one["sql"]
        ]
        found = []
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # the table is small
            for sql in queries:
                cursor.execute(f"EXPLAIN {sql}")
                found.extend(row for (row,) in cursor.fetchall())
        return " ".join(found)

    @pytest.mark.parametrize(
        ("condition", "index"),
        [
            ("attention", "connection_attention"),
            ("many_stopped", "connection_attention"),
            ("key_unknown", "connection_key_unknown"),
        ],
    )
    def test_a_condition_uses_its_index(condition, index, start):
        rule = BY_CONDITION[Alert.Condition(condition)]

        assert index in plans(lambda: list(rule.holding(start)))

    def test_stopped_deliveries_are_found_at_once_by_their_index(start):
        assert "connection_attention" in plans(lambda: open_at_once(start))
