"""A client of Redis for observations, which may be lost: it waits a second at most."""

from __future__ import annotations

import threading
from functools import cache

import redis
from django.conf import settings

TIMEOUT_S = 1.0
_creating = threading.Lock()


def redis_client() -> redis.Redis | None:
    """Return this process's client; None: there is no Redis (REDIS_URL)."""
    if not settings.REDIS_URL:
        return None
    with _creating:
        return _client(settings.REDIS_URL)


@cache
def _client(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=None
    )
