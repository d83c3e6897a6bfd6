"""Ingest behind other HTTP servers: its application through ASGI and RSGI.

`asgi` and `Rsgi` are only measured and tested (bench/rows/http_servers.py). They do what they
must for the same responses: they have none of the timeouts and memory limits of streams/serving.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any

import partner_portal.ingest  # noqa: F401 - sets up Django
from streams.ingest.app import IngestApp
from streams.ingest.http.responses import IngestResponse, refusal
from streams.serving.http_format import too_large
from streams.serving.request_context import RequestContext
from streams.serving.timeouts import CHECKED_BODY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    Read = Callable[[int], Awaitable[bytes | None]]  # None: the body is longer


class Call:
    """Stands for the connection of a request: the application's replies complete `changed`."""

    peer = ""
    is_encrypted = False

    def __init__(self) -> None:
        self.changed = asyncio.get_running_loop().create_future()

    def release(self, exchange: RequestContext) -> None: ...

    def advance(self) -> None:
        if not self.changed.done():
            self.changed.set_result(None)

    def admitted(self, exchange: RequestContext) -> None:
        self.advance()


@cache  # one per process, created in its event loop
def _app() -> IngestApp:
    return IngestApp()


async def _respond(
    method: str, path: str, headers: dict[str, str], read: Read
) -> tuple[IngestResponse, dict[str, str]]:
    """Return the response to a request, and its headers."""
    app, call = _app(), Call()
    exchange = RequestContext(call, app.max_bytes)
    exchange.method, exchange.path, exchange.headers = method, path, headers
    length = int(headers.get("content-length", "0"))
    if length > CHECKED_BODY or "transfer-encoding" in headers:
        app.open(exchange)
        await call.changed
        call.changed = asyncio.get_running_loop().create_future()
    if exchange.answer is None:
        limit = exchange.max_bytes
        body = None if length > limit else await read(limit)
        if body is None:
            exchange.reply(refusal(too_large(limit)))
        else:
            exchange.body = body
            app.complete(exchange)
        await call.changed
    answer = exchange.answer
    assert isinstance(answer, IngestResponse)
    own = answer.all_headers(headers.get("origin", ""))
    own["x-request-id"] = exchange.request_id
    if answer.length is not None:
        own["content-length"] = str(answer.length)
    return answer, own


async def asgi(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Respond to a request of an ASGI server."""

    async def read(limit: int) -> bytes | None:
        parts: list[bytes] = []
        size = 0
        has_more = True
        while has_more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise asyncio.CancelledError
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > limit:
                return None
            has_more = message.get("more_body", False)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    headers = _texts(scope["headers"])
    answer, own = await _respond(scope["method"], scope["path"], headers, read)
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [(n.encode(), v.encode("latin-1")) for n, v in own.items()],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1"): v.decode("latin-1") for name, v in headers}


class Rsgi:
    """The application for Granian's own interface."""

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        async def read(limit: int) -> bytes | None:
            body = bytes(await protocol())
            return body if len(body) <= limit else None

        headers = dict(scope.headers.items())
        answer, own = await _respond(scope.method, scope.path, headers, read)
        protocol.response_bytes(answer.status, list(own.items()), answer.body)


rsgi = Rsgi()
