"""Turns an order to send events into requests, as Segment's destinations build them."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import re
import uuid
from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from streams.base.msgspec_types import prepared

MOST_EVENTS = 10_000  # of an order
WRONG = "-wrong"  # is appended to make a secret wrong
_SURROGATE = re.compile("[\ud800-\udfff]")

Count = Annotated[int, Meta(ge=1, le=MOST_EVENTS)]


@prepared
class InboundOrder(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which events to send to an inbound address, and how."""

    url: Annotated[str, Meta(pattern=r"^https?://[^\s]+$", max_length=500)]
    secret: Annotated[str, Meta(max_length=200)] = ""
    events: Annotated[list[dict[str, Any]], Meta(max_length=MOST_EVENTS)] = []
    people: Annotated[int, Meta(ge=0, le=MOST_EVENTS)] = 0
    method: Literal["single", "batch", "extensible", "function"] = "single"
    auth: Literal["signature", "header", "none"] = "signature"
    wrong_secret: bool = False
    batch_size: Count = 1_000
    mappings: Annotated[int, Meta(ge=1, le=5)] = 1
    sources: Annotated[tuple[str, ...], Meta(min_length=1, max_length=10)] = (
        "sandbox-source",
    )

    def __repr__(self) -> str:
        return f"InboundOrder({self.method})"  # without the secret


class InboundRequest(msgspec.Struct, frozen=True):
    """One request to an inbound address. Its repr has neither headers nor events."""

    url: str
    headers: dict[str, str]
    body: bytes
    events: int

    def __repr__(self) -> str:
        return f"InboundRequest({self.events} events)"


def requests_of(order: InboundOrder) -> list[InboundRequest]:
    """Return the requests of an order; each mapping sends every event once.

    Only functions get delete events, one for each source.
    """
    events = list(_events(order))
    requests = []
    for _mapping in range(order.mappings):
        if order.method in ("batch", "extensible"):
            requests += [
                _request(order, part) for part in batched(events, order.batch_size)
            ]
        else:
            requests += [_request(order, [event]) for event in events]
    return requests


def signature(secret: str, event: object) -> str:
    """Return Segment's signature of an event."""
    return hmac.digest(secret.encode(), _json(event), hashlib.sha1).hex()


def _events(order: InboundOrder) -> Iterator[dict[str, Any]]:
    sources = itertools.cycle(order.sources)
    people = [
        {
            "type": "identify",
            "userId": f"user-{n}",
            "traits": {"email": f"person-{n}@example.com"},
        }
        for n in range(1, order.people + 1)
    ]
    for event in (*order.events, *people):
        if event.get("type") != "delete":
            yield _completed(event, next(sources))
        elif order.method == "function":
            for source in order.sources:
                yield _completed(event, source)


def _completed(event: dict[str, Any], source: str) -> dict[str, Any]:
    return {"messageId": f"sandbox-{uuid.uuid4()}", "projectId": source, **event}


def _request(order: InboundOrder, events: Sequence[dict[str, Any]]) -> InboundRequest:
    content: object = list(events)
    if order.method == "extensible":
        content = [{"json": event} for event in events]
    elif order.method != "batch":
        content = events[0]
    secret = order.secret + (WRONG if order.wrong_secret else "")
    headers = {"Content-Type": "application/json", "User-Agent": "Segment (Actions)"}
    if order.auth == "signature":
        headers["X-Signature"] = signature(secret, events[0])
    elif order.auth == "header":
        headers["Authorization"] = f"Bearer {secret}"
    return InboundRequest(order.url, headers, _json(content), len(events))


def _json(value: object) -> bytes:
    """Encode a value as JSON.stringify does, which escapes only halves of characters."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text).encode()
