"""The control API's part for events that the sandbox sends to inbound addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from streams.base.msgspec_types import prepared
from streams.sandbox.http.responses import Response, json_response
from streams.sandbox.inbound.orders import InboundOrder, requests_of
from streams.sandbox.inbound.retries import FOR_S
from streams.sandbox.inbound.sender import TooManyDeliveries

if TYPE_CHECKING:
    from streams.sandbox.http.request import Request
    from streams.sandbox.inbound.sender import InboundSender


@prepared
class ClockMove(msgspec.Struct, forbid_unknown_fields=True):
    """How far to move the clock of the retries."""

    advance_s: Annotated[float, Meta(ge=0, le=FOR_S)]


def respond(sender: InboundSender, request: Request) -> Response:
    """Respond to `/_sandbox/inbound` and `/_sandbox/inbound/clock`."""
    if request.method == "DELETE":
        sender.clear()
    if request.method in ("GET", "DELETE"):
        return json_response(sender.shown())
    # A browser sends this type from another site's page only if the server allows it.
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/json":
        problem = "Send JSON with the header Content-Type: application/json."
        return json_response({"error": problem}, 415)
    try:
        if request.path.endswith("/clock"):
            move = msgspec.json.decode(request.body, type=ClockMove)
            sender.move_clock(move.advance_s)
            return json_response(sender.shown())
        return json_response(_send(sender, request.body), 202)
    except TooManyDeliveries:
        return json_response({"error": "Too many requests are waiting."}, 429)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return json_response({"error": str(error)}, 400)


def _send(sender: InboundSender, body: bytes) -> dict[str, Any]:
    order = msgspec.json.decode(body, type=InboundOrder)
    requests = requests_of(order)
    numbers = sender.add(requests)
    events = sum(request.events for request in requests)
    return {"requests": len(numbers), "events": events, "numbers": numbers}
