"""Records of erasures outside the database, so that a restore doesn't lose them.

They are in Redis and in a file in VAR_DIR, as the database's watermark is
(`events/data_loss/watermark.py`). Either may be lost or incomplete at any time. They have
digests, and no data of people.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec
import redis
import structlog
from django.conf import settings

from streams.base.redis_client import redis_client
from streams.events.erasure.models import Erasure
from streams.events.models import Feed
from streams.privacy.repetition import record_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

log = structlog.get_logger()

KEPT_FOR_S = 400 * 24 * 3600  # in Redis: longer than a backup with people's data
KEY = "partner-portal:erasures"  # a sorted set, by the time of the request
FILE = "erasures.jsonl"
AT_ONCE = 500

_decode = msgspec.json.Decoder().decode


def keep(erasures: Sequence[Erasure]) -> None:
    """Store the records of erasures, which were loaded with their feeds and workspaces."""
    if not erasures:
        return
    records = {
        msgspec.json.encode(record_of(one)): one.requested_at.timestamp()
        for one in erasures
    }
    try:
        Path(settings.VAR_DIR).mkdir(parents=True, exist_ok=True)
        with _file().open("ab", buffering=0) as file:  # one write, so lines stay whole
            file.write(b"".join(text + b"\n" for text in records))
    except OSError as error:
        log.warning("erasures.file_not_written", error=type(error).__name__)
    if client := redis_client():
        try:
            client.zadd(KEY, records)
            client.zremrangebyscore(KEY, "-inf", time.time() - KEPT_FOR_S)
        except redis.RedisError as error:
            log.warning("erasures.broker_not_written", error=type(error).__name__)


def missing() -> list[dict[str, Any]]:
    """Return the records of erasures that the database lacks, by ID.

    Those of workspaces that aren't in this database don't count.
    """
    kept = {record["id"]: record for record in _records()}
    ids = sorted(kept)
    for first in range(0, len(ids), AT_ONCE):
        some = Erasure.objects.filter(public_id__in=ids[first : first + AT_ONCE])
        for public_id in some.values_list("public_id", flat=True):
            del kept[public_id]
    feeds = set(
        Feed.objects.filter(
            workspace__public_id__in={one["workspace"] for one in kept.values()}
        ).values_list("workspace__public_id", "stream__slug")
    )
    return [
        kept[public_id]
        for public_id in sorted(kept)
        if (kept[public_id]["workspace"], kept[public_id]["stream"]) in feeds
    ]


def _records() -> Iterator[dict[str, Any]]:
    for line in [*_of_file(), *_of_redis()]:
        try:
            record = _decode(line)
        except msgspec.DecodeError:  # the disk was full
            continue
        if isinstance(record, dict) and {"id", "workspace", "stream"} <= record.keys():
            yield record


def _of_file() -> list[bytes]:
    try:
        return _file().read_bytes().splitlines()
    except OSError:
        return []


def _of_redis() -> list[bytes]:
    client = redis_client()
    if client is None:
        return []
    try:
        return cast("list[bytes]", client.zrange(KEY, 0, -1))
    except redis.RedisError as error:
        log.warning("erasures.broker_not_read", error=type(error).__name__)
        return []


def _file() -> Path:
    return Path(settings.VAR_DIR) / FILE
