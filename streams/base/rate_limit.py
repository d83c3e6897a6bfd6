"""Limits that all processes share: counted in Redis, and in the database while Redis is away.

Counting is atomic in both, so attempts sent at the same moment are all counted. When Redis
fails, counting starts over in the database: a limit is never lifted, and nothing fails.
"""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import redis
import structlog
from django.conf import settings
from django.db import connection

from streams.base.models import RateCount

if TYPE_CHECKING:
    from datetime import timedelta

log = structlog.get_logger()

_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
REDIS_SKIPPED_S = 10.0  # after a failure: a sign-in asks several times
REDIS_TIMEOUT_S = 1.0  # people wait for it
_skipped_until: dict[str, float] = {}  # by URL, monotonic
_TABLE = RateCount._meta.db_table
# One statement, so that two processes never read the same count. A window that is over
# begins again with this use.
_COUNT_IN_TABLE = f"""
INSERT INTO {_TABLE} (key, count, ends_at_s) VALUES (%s, %s, %s)
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN {_TABLE}.ends_at_s <= %s THEN excluded.count
               ELSE {_TABLE}.count + excluded.count END,
  ends_at_s = CASE WHEN {_TABLE}.ends_at_s <= %s THEN excluded.ends_at_s
                   ELSE {_TABLE}.ends_at_s END
RETURNING count, ends_at_s
"""  # noqa: S608 - the table's name is our own


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many uses of one key within a period, which begins with the first of them."""

    name: str  # names the limit in keys and logs; unique
    counts: str  # what is counted, in the words of the operator guide
    amount: int
    period: timedelta

    @property
    def period_s(self) -> int:
        return int(self.period.total_seconds())

    def __str__(self) -> str:
        """As people say it: "5 in 5 minutes"."""
        unit, seconds = next(one for one in _UNITS if self.period_s % one[1] == 0)
        many = self.period_s // seconds
        return f"{self.amount} in {many} {unit}{'s' if many > 1 else ''}"


_making_client = threading.Lock()


class RateLimited(Exception):
    """A limit is reached; it ends in `retry_after_s` seconds."""

    def __init__(self, limit: Limit, retry_after_s: int) -> None:
        super().__init__(f"{limit.name}: more than {limit}")
        self.limit = limit
        self.retry_after_s = retry_after_s

    @property
    def retry_after_minutes(self) -> int:
        """Rounded up: waiting that long is always enough."""
        return -(-self.retry_after_s // 60)


def consume(limit: Limit, key: str) -> int:
    """Count one use; returns how many there are. Raises RateLimited above the limit."""
    count, left_s = _count(limit, key, 1)
    if count > limit.amount:
        raise RateLimited(limit, max(1, left_s))
    return count


def give_back(limit: Limit, key: str) -> None:
    """Take one use back: it turned out not to be one."""
    _count(limit, key, -1)


def forget_counts() -> int:
    """Delete the counts whose window is over; returns how many."""
    deleted, _ = RateCount.objects.filter(ends_at_s__lt=int(time.time())).delete()
    return deleted


def _count(limit: Limit, key: str, by: int) -> tuple[int, int]:
    """The count after adding `by`, and the seconds until its window ends."""
    # A digest: addresses and emails are not to be read from the broker or a backup.
    digest = hashlib.sha256(f"{limit.name}:{key}".encode()).hexdigest()
    url = settings.REDIS_URL
    if url and time.monotonic() >= _skipped_until.get(url, 0):
        try:
            return _count_in_redis(f"rate:{digest}", by, limit.period_s)
        except redis.RedisError as error:
            _skipped_until[url] = time.monotonic() + REDIS_SKIPPED_S
            log.warning("rate_limit.redis_down", error=type(error).__name__)
    return _count_in_table(digest, by, limit.period_s)


def _count_in_redis(key: str, by: int, period_s: int) -> tuple[int, int]:
    # Of two clients made at once, one is not kept: it would close the connections that
    # its pipeline uses.
    with _making_client:
        client = _redis(settings.REDIS_URL)
    pipeline = client.pipeline()
    pipeline.set(key, 0, ex=period_s, nx=True)
    pipeline.incrby(key, by)
    pipeline.ttl(key)
    _, count, left_s = pipeline.execute()
    return count, left_s


def _count_in_table(key: str, by: int, period_s: int) -> tuple[int, int]:
    now_s = int(time.time())
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_IN_TABLE, [key, by, now_s + period_s, now_s, now_s])
        count, ends_at_s = cursor.fetchone()
    return count, ends_at_s - now_s


@cache
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
        retry=None,
    )
