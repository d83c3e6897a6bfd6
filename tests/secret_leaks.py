"""Search for a secret in all places where it must not be: rows, broker, logs, pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import redis
from django.db import connection

if TYPE_CHECKING:
    from tests.portal_processes import RunningPortal


def places_with(
    secret: str, portal: RunningPortal, har: Path | None = None
) -> list[str]:
    """Return the places that contain the secret, except for the request that posts it.

    `har` is the recording of a browser, if one was used.
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
    """Return the browser's responses and the addresses that it requested."""
    for entry in json.loads(har.read_text())["log"]["entries"]:
        url = entry["request"]["url"]
        yield "an address", url.encode()
        yield f"the answer of {url}", json.dumps(entry["response"]).encode()
