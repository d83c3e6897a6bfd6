"""The ingest as a bare ASGI callable: `gunicorn -k asgi partner_portal.asgi:application`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import structlog

from streams.base.refusals import RequestRefused
from streams.ingest.answers import Answer, alive, failed, refusal
from streams.ingest.body import too_large
from streams.ingest.front import Front

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_TIMEOUT_S = 10.0  # for a whole body, however slowly it trickles

log = structlog.get_logger()


class Disconnected(Exception):
    """The client went away before it had sent everything."""


class Application:
    """An ASGI application; its threads live from lifespan startup to shutdown."""

    def __init__(self) -> None:
        self._front: Front | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._front = front = Front()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        # In a thread: the loop has to carry the last answers out meanwhile.
        await asyncio.to_thread(front.close)
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            answer = await self._answer(scope, receive)
        except Disconnected:
            return
        except Exception:
            log.exception("ingest.failed")
            answer = refusal(failed())
        await _send(send, answer)

    async def _answer(self, scope: Message, receive: Receive) -> Answer:
        method, path = scope["method"], scope["path"]
        if path == "/healthz":
            return alive()
        if self._front is None:
            raise RuntimeError("The server has not run the lifespan's startup.")
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
        }

        async def read(headers: Mapping[str, str], limit: int) -> bytes:
            return await read_body(receive, headers, limit)

        return await self._front.answer(method, path, headers, read)


async def read_body(receive: Receive, headers: Mapping[str, str], limit: int) -> bytes:
    """The whole body. Raises RequestRefused if it is too large or too slow; Disconnected."""
    announced = headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise too_large(limit)
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await _read_chunks(receive, limit)
    except TimeoutError:
        raise RequestRefused(
            408,
            "INGEST-SLOW-001",
            f"The body did not arrive within {BODY_TIMEOUT_S:.0f} seconds.",
            "Send it faster, or send fewer events in one request.",
        ) from None


async def _read_chunks(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _send(send: Send, answer: Answer) -> None:
    headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in answer.all_headers.items()
    ]
    await send(
        {"type": "http.response.start", "status": answer.status, "headers": headers}
    )
    await send({"type": "http.response.body", "body": answer.body})


application = Application()
