"""Fill feeds with events, faster than they could be sent:
`python -m bench.load.backfill EVENTS EVENT_BYTES DAYS waiting|sent [FEEDS]`.

The events are spread evenly over all feeds, or the first FEEDS, and over DAYS days up to
today, each day in its partition. `waiting`: the cursors are due; `sent`: they are at the
end. PostgreSQL only.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

import django

django.setup()

from django.conf import settings  # noqa: E402 - needs the app registry
from django.db import connection, transaction  # noqa: E402

from bench.load import events  # noqa: E402
from streams.base.clock import now  # noqa: E402
from streams.events.models import Feed  # noqa: E402
from streams.events.quarter_hours import quarter  # noqa: E402

AT_ONCE = 100  # events of each of many feeds, interleaved as if they were sent
ROWS_AT_ONCE = 10_000  # of a few feeds

FEEDS = (
    "CREATE TEMPORARY TABLE filled AS SELECT id FROM streams_feed ORDER BY id LIMIT %s"
)
BODIES = "CREATE TEMPORARY TABLE body AS SELECT kind, text FROM unnest(%s::int[], %s::text[]) AS b (kind, text)"
EVENTS = """
INSERT INTO {table}
    (feed_id, seq, received_at, type, name, user_id, message_id, payload)
SELECT id, head_seq + n, %(at)s, 'track', 'Email Opened', 'user-1', 'fill-' || number,
    convert_to(replace(text, '%%012d', number), 'UTF8')
FROM streams_feed NATURAL JOIN filled, generate_series(1, %(each)s) AS n,
    lateral (SELECT lpad((id * 10000000 + head_seq + n)::text, 12, '0')) AS made (number),
    body
WHERE kind = n %% %(kinds)s
"""
SEEN = """
INSERT INTO streams_seenmessage (digest, feed_id, seen_at)
SELECT decode(md5(id || '/' || head_seq + n), 'hex'), id, %(at)s
FROM streams_feed NATURAL JOIN filled, generate_series(1, %(each)s) AS n
"""
HEADS = (
    "UPDATE streams_feed SET head_seq = head_seq + %(each)s, head_at = %(at)s"
    " FROM filled WHERE filled.id = streams_feed.id"
)
# As an append writes them: readers find the partitions of a range of numbers by them.
MARKS = (
    "INSERT INTO streams_feedmark (feed_id, at, seq)"
    " SELECT id, %(quarter)s, head_seq FROM streams_feed NATURAL JOIN filled"
    " ON CONFLICT DO NOTHING"
)
DUE = "UPDATE streams_cursor SET due_at = %s FROM filled WHERE filled.id = feed_id"
SENT = (
    "UPDATE streams_cursor SET position = head_seq, position_at = head_at"
    " FROM streams_feed WHERE streams_feed.id = feed_id"
)
# The index is built when it is attached, in a tenth of the time that single rows take.
DAY = "CREATE TABLE streams_event_{day} (LIKE streams_event INCLUDING DEFAULTS)"
ATTACH = (
    "ALTER TABLE streams_event ATTACH PARTITION streams_event_{day}"
    " FOR VALUES FROM ('{begin} 00:00+00') TO ('{end} 00:00+00')"
)


def main() -> None:
    count, event_bytes, days = map(int, sys.argv[1:4])
    feeds = choose_feeds(*map(int, sys.argv[5:]))
    each, at_once = max(1, round(count / days / feeds)), step(feeds)
    make_bodies(event_bytes)
    for ago in range(days - 1, 0, -1):
        append_past_day(each, now() - timedelta(days=ago))
    for first in range(0, each, at_once):
        append(min(at_once, each - first), now())
    with connection.cursor() as cursor:
        if sys.argv[4] == "waiting":
            cursor.execute(DUE, [now()])
        else:
            cursor.execute(SENT)
    settle()


def choose_feeds(most: int | None = None) -> int:
    """Fill all feeds, or the first ones; return their number."""
    with connection.cursor() as cursor:
        cursor.execute(FEEDS, [most])
    return min(Feed.objects.count(), most or sys.maxsize)


def step(feeds: int) -> int:
    """Return the events of each feed per transaction."""
    return max(AT_ONCE, ROWS_AT_ONCE // feeds)


def make_bodies(event_bytes: int) -> None:
    kinds = range(events.KINDS)
    texts = [events.single_body(kind, event_bytes, "fill").decode() for kind in kinds]
    with connection.cursor() as cursor:
        cursor.execute(BODIES, [list(kinds), texts])


def append_past_day(each: int, at: datetime) -> None:
    """Write a whole day: its partition, the events of each feed, and their digests."""
    day = at.date()
    names = {"day": f"{day:%Y%m%d}", "begin": day, "end": day + timedelta(days=1)}
    is_seen = at > now() - timedelta(hours=settings.DEDUP_WINDOW_HOURS)
    do(DAY.format(**names))
    do(EVENTS.format(table=f"streams_event_{names['day']}"), each, at)
    do(ATTACH.format(**names))
    if is_seen:
        do(SEEN, each, at)
    do(MARKS, each, at)
    do(HEADS, each, at)


@transaction.atomic
def append(each: int, at: datetime) -> None:
    """Write events of each feed, as an append writes them."""
    do(EVENTS.format(table="streams_event"), each, at)
    do(SEEN, each, at)
    do(MARKS, each, at)
    do(HEADS, each, at)


def do(statement: str, each: int = 0, at: datetime | None = None) -> None:
    values = {"at": at, "each": each, "kinds": events.KINDS} if each else None
    if values is not None and at is not None:
        values["quarter"] = quarter(at)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def settle() -> None:
    """Vacuum, as autovacuum would meanwhile, and run the checkpoint that is due."""
    with connection.cursor() as cursor:
        for table in ("streams_event", "streams_seenmessage", "streams_feed"):
            cursor.execute(f"VACUUM (ANALYZE) {table}")
        cursor.execute("CHECKPOINT")


if __name__ == "__main__":
    main()
