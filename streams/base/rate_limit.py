"""Rate limits that all processes share, counted in Redis, or in the database without it.

Counting is atomic in both, so simultaneous attempts are all counted. When Redis fails,
counting starts over in the database: a limit is never lifted, and no request fails.
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
REDIS_SKIPPED_S = 10.0  # after a failure, because one sign-in counts several limits
REDIS_TIMEOUT_S = 1.0  # short, because people are waiting
_skipped_until: dict[str, float] = {}  # by URL, monotonic
_TABLE = RateCount._meta.db_table
# One statement, so that two processes never read the same count. This use starts a new window
# if the last one has ended.
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
class RateLimit:
    """A maximum number of uses of one key within a period that starts with the first use."""

    name: str  # unique, for keys and logs
    counts: str  # noun phrase for the operator guide
    amount: int
    period: timedelta

    @property
    def period_s(self) -> int:
        return int(self.period.total_seconds())

    def __str__(self) -> str:
        """Return the limit in words, such as "5 in 5 minutes"."""
        unit, seconds = next(one for one in _UNITS if self.period_s % one[1] == 0)
        many = self.period_s // seconds
        return f"{self.amount} in {many} {unit}{'s' if many > 1 else ''}"


_making_client = threading.Lock()


class RateLimited(Exception):
    """The limit is reached; its window ends in `retry_after_s` seconds.

    `is_first`: this is the first use that the window refuses.
    """

    def __init__(
        self, limit: RateLimit, retry_after_s: int, *, is_first: bool = False
    ) -> None:
        super().__init__(f"{limit.name}: more than {limit}")
        self.limit = limit
        self.retry_after_s = retry_after_s
        self.is_first = is_first

    @property
    def rounded_wait_s(self) -> int:
        """The wait in seconds, rounded up to whole minutes, or whole hours from two hours."""
        unit_s = 3600 if self.retry_after_s > 7200 else 60
        return -(-self.retry_after_s // unit_s) * unit_s


def consume(limit: RateLimit, key: str) -> int:
    """Count a use and return the number of uses. Raises RateLimited above the limit."""
    count, left_s = _count(limit, key, 1)
    if count > limit.amount:
        is_first = count == limit.amount + 1
        raise RateLimited(limit, max(1, left_s), is_first=is_first)
    return count


def give_back(limit: RateLimit, key: str) -> None:
    """Undo the count of one use."""
    _count(limit, key, -1)


def usage(limit: RateLimit, key: str) -> tuple[int, int]:
    """Return the uses in the current window, and the seconds until it ends. Counts nothing."""
    digest = _digest(limit, key)
    if _uses_redis():
        try:
            return _read_in_redis(f"rate:{digest}")
        except redis.RedisError as error:
            _skip_redis(error)
    return _read_in_table(digest)


def forget_counts() -> int:
    """Delete counts whose window has ended, and return their number."""
    deleted, _ = RateCount.objects.filter(ends_at_s__lt=int(time.time())).delete()
    return deleted


def _count(limit: RateLimit, key: str, by: int) -> tuple[int, int]:
    """Add `by`; return the new count and the seconds until its window ends."""
    digest = _digest(limit, key)
    if _uses_redis():
        try:
            return _count_in_redis(f"rate:{digest}", by, limit.period_s)
        except redis.RedisError as error:
            _skip_redis(error)
    return _count_in_table(digest, by, limit.period_s)


def _digest(limit: RateLimit, key: str) -> str:
    """Return a digest, so that addresses and emails can't be read from Redis or a backup."""
    return hashlib.sha256(f"{limit.name}:{key}".encode()).hexdigest()


def _uses_redis() -> bool:
    url = settings.REDIS_URL
    return bool(url) and time.monotonic() >= _skipped_until.get(url, 0)


def _skip_redis(error: redis.RedisError) -> None:
    _skipped_until[settings.REDIS_URL] = time.monotonic() + REDIS_SKIPPED_S
    log.warning("rate_limit.redis_down", error=type(error).__name__)


def _client() -> redis.Redis:
    # Without the lock, two threads could create a client each. The one that isn't kept would
    # close the connections that its pipeline uses.
    with _making_client:
        return _redis(settings.REDIS_URL)


def _read_in_redis(key: str) -> tuple[int, int]:
    pipeline = _client().pipeline()
    pipeline.get(key)
    pipeline.ttl(key)
    count, left_s = pipeline.execute()
    return int(count or 0), max(0, left_s)


def _read_in_table(key: str) -> tuple[int, int]:
    now_s = int(time.time())
    row = RateCount.objects.filter(key=key, ends_at_s__gt=now_s).first()
    return (row.count, row.ends_at_s - now_s) if row else (0, 0)


def _count_in_redis(key: str, by: int, period_s: int) -> tuple[int, int]:
    pipeline = _client().pipeline()
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
