"""The database's latest tick, kept outside it: in Redis and in a file in VAR_DIR.

Both may be lost or outdated at any time. Then less is detected, but nothing is reported by
mistake. The names contain the generation, so portals that share a Redis don't collide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import redis
import structlog
from django.conf import settings

from streams.base.msgspec_types import prepared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

log = structlog.get_logger()

TIMEOUT_S = 1.0
KEPT_FOR_S = 400 * 24 * 3600


@prepared
@dataclass(frozen=True, slots=True)
class Watermark:
    """The latest tick of the database that is known outside it."""

    ticks: int
    at: datetime


def highest(generation: UUID) -> Watermark | None:
    """Return the highest watermark outside the database, or None."""
    marks = [*_of_file(generation), *_of_redis(generation)]
    return max(marks, key=lambda mark: mark.ticks, default=None)


def keep(generation: UUID, mark: Watermark) -> None:
    """Store a watermark outside the database, which has already committed it."""
    text = msgspec.json.encode(mark)
    try:
        file = _file(generation)
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.write_bytes(text)
        new.replace(file)  # atomic: a reader finds the old text or the new one
    except OSError as error:
        log.debug("history.file_not_written", error=type(error).__name__)
    if settings.REDIS_URL:
        try:
            with _client() as client:
                client.set(_key(generation), text, ex=KEPT_FOR_S)
        except redis.RedisError as error:
            log.debug("history.broker_not_written", error=type(error).__name__)


def _of_file(generation: UUID) -> Iterator[Watermark]:
    try:
        yield msgspec.json.decode(_file(generation).read_bytes(), type=Watermark)
    except (OSError, msgspec.MsgspecError):
        return


def _of_redis(generation: UUID) -> Iterator[Watermark]:
    if not settings.REDIS_URL:
        return
    try:
        with _client() as client:
            text = client.get(_key(generation))
        if text is not None:
            yield msgspec.json.decode(text, type=Watermark)
    except (redis.RedisError, msgspec.MsgspecError) as error:
        log.debug("history.broker_not_read", error=type(error).__name__)


def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
    )


def _key(generation: UUID) -> str:
    return f"partner-portal:history:{generation}"


def _file(generation: UUID) -> Path:
    return Path(settings.VAR_DIR) / f"history-{generation}.json"
