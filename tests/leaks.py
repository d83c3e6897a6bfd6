"""Where a secret must not be found: every row, the broker, the logs, all that was shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import redis
from django.db import connection

if TYPE_CHECKING:
    from tests.running import RunningPortal


def places_with(
    secret: str, portal: RunningPortal, har: Path | None = None
) -> list[str]:
    """The places that hold the secret; it is posted once, and that is not one.

    `har` is what a browser recorded, if one was used.
    """
    return sorted(
        {
            place
            for place, content in _everything(portal, har)
            if secret.encode() in content
        }
    )


def _everything(portal: RunningPortal, har: Path | None) -> Iterator[tuple[str, bytes]]:
    yield "the logs of all processes", portal.log.read_bytes()
    yield from _rows()
    yield from _broker(portal.environ["REDIS_URL"])
    if har is not None:
        yield from _answers(har)


def _rows() -> Iterator[tuple[str, bytes]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for value in (value for row in cursor for value in row):
                held = isinstance(value, (bytes, memoryview))
                yield f"table {table}", bytes(value) if held else str(value).encode()


def _broker(url: str) -> Iterator[tuple[str, bytes]]:
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter():
            yield f"broker {key.decode()}", client.dump(key) or b""


def _answers(har: Path) -> Iterator[tuple[str, bytes]]:
    """What the browser got, and the addresses that it asked."""
    for entry in json.loads(har.read_text())["log"]["entries"]:
        url = entry["request"]["url"]
        yield "an address", url.encode()
        yield f"the answer of {url}", json.dumps(entry["response"]).encode()
