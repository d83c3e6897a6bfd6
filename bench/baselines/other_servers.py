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
from streams.serving.application import BodyLimit
from streams.serving.http_format import too_large
from streams.serving.request import Client, Request
from streams.serving.timeouts import CHECKED_BODY

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from streams.serving.application import Promise, Response

    Read = Callable[[int], Awaitable[bytes | None]]  # None: the body is longer


async def _value[T](promise: Promise[T]) -> T:
    """Wait for the value of a promise."""
    value: asyncio.Future[T] = asyncio.get_running_loop().create_future()

    def resolve(resolved: T) -> None:
        if not value.done():  # canceled: the client is gone
            value.set_result(resolved)

    promise.when_resolved(resolve)
    return await value


@cache  # one per process, created in its event loop
def _app() -> IngestApp:
    return IngestApp()


async def _respond(
    method: str, path: str, headers: dict[str, str], read: Read
) -> tuple[IngestResponse, dict[str, str]]:
    """Return the response to a request, and its headers."""
    request = Request(Client())
    request.method, request.path, request.headers = method, path, headers
    response = await _response_to(request, read)
    assert isinstance(response, IngestResponse)
    own = response.all_headers(headers.get("origin", ""))
    own["x-request-id"] = request.request_id
    if response.length is not None:
        own["content-length"] = str(response.length)
    return response, own


async def _response_to(request: Request, read: Read) -> Response:
    app = _app()
    limit = app.max_bytes
    length = int(request.headers.get("content-length", "0"))
    if length > CHECKED_BODY or "transfer-encoding" in request.headers:
        admitted = await _value(app.admit(request))
        if not isinstance(admitted, BodyLimit):
            return admitted
        limit = admitted.max_bytes
    body = None if length > limit else await read(limit)
    if body is None:
        return refusal(too_large(limit))
    request.body = body
    return await _value(app.respond(request))


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
