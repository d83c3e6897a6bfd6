"""Readiness probes. An open port is not enough, because gunicorn binds it first."""

from __future__ import annotations

from collections.abc import Callable

import redis
import requests
from celery import Celery
from kombu.exceptions import OperationalError

# Returns the problem, or None if the child is ready.
Probe = Callable[[], str | None]


def http(url: str) -> Probe:
    """Return a probe that expects `url` to respond with 200."""

    def probe() -> str | None:
        try:
            response = requests.get(url, timeout=2, allow_redirects=False)
        except requests.RequestException:
            return f"no response from {url}"
        if response.status_code == 200:
            return None
        return f"{url} responded with {response.status_code}: {response.text[:300]}"

    return probe


def broker(url: str) -> Probe:
    """Return a probe that signs in to the broker, which fails while it loads its data."""
    client = redis.Redis.from_url(url, socket_timeout=1, retry=None)

    def probe() -> str | None:
        try:
            client.ping()
        except redis.RedisError as error:
            return f"no response from REDIS_URL ({type(error).__name__})"
        return None

    return probe


def worker(name: str, broker_url: str) -> Probe:
    """Return a probe that expects the Celery worker to respond.

    It has its own broker URL, because REDIS_URL may be empty in our settings.
    """
    control = Celery("up", broker=broker_url, set_as_current=False).control

    def probe() -> str | None:
        try:
            responses = control.ping([name], timeout=0.5)
        except OperationalError as error:
            return f"no response from the broker ({error})"
        return None if responses else "no response"

    return probe
