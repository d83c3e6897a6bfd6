"""Evaluate all conditions of alerts for half an hour: `python -m bench.load.alerts`.

Half of the feeds have checkpoints of each quarter of the last two hours, and of the same hours
of the week before. The others received few events then, and none now, so that both are
compared with the week before. One connection of a hundred needs attention, and its alert is
open. Prints the database time of a minute, as JSON: of the average one, and of the most
expensive one.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402 - needs the app registry

from streams.alerts.evaluation import evaluate, open_at_once  # noqa: E402
from streams.base.database.database_time import database_now  # noqa: E402
from streams.connections.models import Connection  # noqa: E402
from streams.observability.work_figures.store import store_figures  # noqa: E402

MINUTES = 30  # in which every condition is due at least once
AT_ONCE = 4  # smaller evaluations per minute, by beat
MARKS = """
    INSERT INTO streams_feedmark (feed_id, at, seq)
    SELECT feed.id, mark.at, mark.number * CASE WHEN feed.id %% 2 = 0 THEN 10 ELSE 100 END
    FROM streams_feed AS feed, (
        SELECT at, row_number() OVER (ORDER BY at) AS number FROM (
            SELECT date_bin('15 minutes', %(now)s, 'epoch') - quarters * interval '15 minutes'
            FROM generate_series(0, 7) AS quarters
            UNION ALL
            SELECT date_bin('15 minutes', %(now)s, 'epoch') - interval '7 days'
                - quarters * interval '15 minutes'
            FROM generate_series(0, 7) AS quarters
        ) AS times (at)
    ) AS mark
    WHERE feed.id %% 2 = 1 OR mark.at < %(now)s - interval '1 day'
    ON CONFLICT DO NOTHING
"""
HEADS = """
    UPDATE streams_feed SET
        head_seq = CASE WHEN id %% 2 = 0 THEN 90 ELSE 1700 END,
        head_at = CASE WHEN id %% 2 = 0 THEN %(now)s - interval '3 hours' ELSE %(now)s END
"""


def main() -> None:
    now = database_now()
    _fill(now)
    evaluate(now)  # opens the alerts
    seconds = [_seconds(now + timedelta(minutes=n)) for n in range(1, MINUTES + 1)]
    figures = {
        "alerts_db_s_per_minute": sum(seconds) / MINUTES,
        "alerts_db_s_worst_minute": max(seconds),
    }
    json.dump(figures, sys.stdout)


def _fill(now: Any) -> None:
    with connection.cursor() as sql:
        sql.execute(MARKS, {"now": now})
        sql.execute(HEADS, {"now": now})
        sql.execute(
            "UPDATE streams_cursor SET position = head_seq, position_at = head_at"
            " FROM streams_feed AS feed WHERE feed.id = feed_id"
        )
        sql.execute("ANALYZE")
    attention = Connection.objects.extra(where=["id %% 100 = 0"])
    attention.update(status=Connection.Status.ATTENTION, status_at=now)
    store_figures(now)


def _seconds(now: Any) -> float:
    """Return the database time of a minute's evaluations."""
    spent = 0.0

    def timed(execute: Any, *arguments: Any) -> Any:
        nonlocal spent
        began = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            spent += time.perf_counter() - began

    with connection.execute_wrapper(timed):
        evaluate(now)
        for _ in range(AT_ONCE):
            open_at_once(now)
    return spent


if __name__ == "__main__":
    main()
