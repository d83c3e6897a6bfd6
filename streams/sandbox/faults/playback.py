"""Sends a scripted response on a connection, including its faults."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING

from streams.sandbox.http.responses import Response, failure, success

if TYPE_CHECKING:
    from streams.sandbox.faults.scripts import ScriptedResponse

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER on, for 0 seconds


def scripted(
    answer: ScriptedResponse, own: Response, *, refused: Response | None = None
) -> Response:
    """Apply a scripted response to Segment's own reply.

    `refused` has the default body of an error. Without it, the Tracking API's is used.
    """
    reply = own
    if answer.status is not None and answer.status != own.status:
        reply = _usual(answer.status, refused)
    if answer.body is not None:
        reply = Response(reply.status, answer.body.encode(), reply.headers)
    headers = {**reply.headers, **answer.headers}
    if reply.status == 429:
        wait = headers.setdefault("Retry-After", "1") or "1"
        headers.setdefault("X-RateLimit-Reset", wait)
    sent = {name: value for name, value in headers.items() if value is not None}
    return Response(reply.status, reply.body, sent)


def _usual(status: int, refused: Response | None) -> Response:
    if status < 300:
        return Response(status, success().body)
    if refused is not None:
        return Response(status, refused.body, refused.headers)
    return failure(status, "The sandbox is scripted to respond with this error.")


async def play(
    answer: ScriptedResponse,
    reply: Response,
    transport: asyncio.Transport,
    *,
    keep_alive: bool,
) -> None:
    """Send a response as scripted. The transport may be closing after it."""
    await asyncio.sleep(answer.delay_s)
    if not answer.is_sent:
        await asyncio.sleep(answer.hang_s or 0)
        _end_without_answer(transport, reset=answer.reset)
        return
    if answer.hang_in_answer_s is not None:
        text = reply.encoded(keep_alive=keep_alive)
        transport.write(text[: len(reply.head(keep_alive=keep_alive)) + 1])
        await asyncio.sleep(answer.hang_in_answer_s)
        transport.close()
        return
    await _drip(reply.encoded(keep_alive=keep_alive), transport, answer.drip_s or 0)
    if not keep_alive:
        transport.close()


def _end_without_answer(transport: asyncio.Transport, *, reset: bool) -> None:
    if not reset:
        transport.close()
        return
    connection: socket.socket = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    transport.abort()


async def _drip(text: bytes, transport: asyncio.Transport, over_s: float) -> None:
    if not over_s:
        transport.write(text)
        return
    for byte in text:
        transport.write(bytes([byte]))
        await asyncio.sleep(over_s / len(text))
