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


def apply_script(
    scripted: ScriptedResponse, own: Response, *, refused: Response | None = None
) -> Response:
    """Apply a scripted response to Segment's own response.

    `refused` has the default body of an error. Without it, the Tracking API's is used.
    """
    response = own
    if scripted.status is not None and scripted.status != own.status:
        response = _usual(scripted.status, refused)
    if scripted.body is not None:
        response = Response(response.status, scripted.body.encode(), response.headers)
    headers = {**response.headers, **scripted.headers}
    if response.status == 429:
        wait = headers.setdefault("Retry-After", "1") or "1"
        headers.setdefault("X-RateLimit-Reset", wait)
    sent = {name: value for name, value in headers.items() if value is not None}
    return Response(response.status, response.body, sent)


def _usual(status: int, refused: Response | None) -> Response:
    if status < 300:
        return Response(status, success().body)
    if refused is not None:
        return Response(status, refused.body, refused.headers)
    return failure(status, "The sandbox is scripted to respond with this error.")


async def play(
    scripted: ScriptedResponse,
    response: Response,
    transport: asyncio.Transport,
    *,
    keep_alive: bool,
) -> None:
    """Send a response as scripted. The transport may be closing after it."""
    await asyncio.sleep(scripted.delay_s)
    if not scripted.is_sent:
        await asyncio.sleep(scripted.hang_s or 0)
        _end_without_response(transport, reset=scripted.reset)
        return
    if scripted.hang_in_answer_s is not None:
        text = response.encoded(keep_alive=keep_alive)
        transport.write(text[: len(response.head(keep_alive=keep_alive)) + 1])
        await asyncio.sleep(scripted.hang_in_answer_s)
        transport.close()
        return
    await _drip(
        response.encoded(keep_alive=keep_alive), transport, scripted.drip_s or 0
    )
    if not keep_alive:
        transport.close()


def _end_without_response(transport: asyncio.Transport, *, reset: bool) -> None:
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
