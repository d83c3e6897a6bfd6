"""Whether a child answers. The port alone says nothing: gunicorn binds it first."""

from __future__ import annotations

from collections.abc import Callable

import redis
import requests
from celery import Celery
from kombu.exceptions import OperationalError

# Says what is missing; None: it answers.
Probe = Callable[[], str | None]


def http(url: str) -> Probe:
    """It answers `url` with 200."""

    def probe() -> str | None:
        try:
            answer = requests.get(url, timeout=2, allow_redirects=False)
        except requests.RequestException:
            return f"no answer from {url}"
        if answer.status_code == 200:
            return None
        return f"{url} answers {answer.status_code}: {answer.text[:300]}"

    return probe


def broker(url: str) -> Probe:
    """It takes our sign-in, and has read its data."""
    client = redis.Redis.from_url(url, socket_timeout=1, retry=None)

    def probe() -> str | None:
        try:
            client.ping()
        except redis.RedisError as error:
            return f"no answer from REDIS_URL ({type(error).__name__})"
        return None

    return probe


def worker(name: str, broker_url: str) -> Probe:
    """The Celery worker takes messages. Our own settings may not name its broker."""
    control = Celery("up", broker=broker_url, set_as_current=False).control

    def probe() -> str | None:
        try:
            answers = control.ping([name], timeout=0.5)
        except OperationalError as error:
            return f"the broker does not answer ({error})"
        return None if answers else "it does not answer"

    return probe
