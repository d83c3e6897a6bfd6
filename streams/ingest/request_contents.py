"""The key in a body, and the body's structure, for the request log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from streams.base.request_errors import RequestRefused
from streams.ingest.credentials import authentication
from streams.ingest.http.body import MAX_BYTES, unpack
from streams.observability.issues.redaction import sample_of

if TYPE_CHECKING:
    from streams.ingest.credentials.authentication import Credential

LONGEST_SHAPE = 1_000  # bytes

_decode = msgspec.json.Decoder().decode


def shape_of(body: bytes) -> str:
    """Return the body's keys and types as JSON; empty if it can't be read."""
    content = _content(body)
    content.pop("type", None)  # a sample has the event's name if it knows the call
    shape = sample_of(content)
    return shape if len(shape.encode()) <= LONGEST_SHAPE else ""


def credential_in(body: bytes) -> Credential | None:
    """Return the ingest key in a body, where Segment's libraries can put it."""
    content = _content(body)
    key = content.get("writeKey")
    if not key and isinstance(events := content.get("batch"), list) and events:
        key = events[0].get("writeKey") if isinstance(events[0], dict) else None
    return authentication.from_body(key) if isinstance(key, str) and key else None


def _content(body: bytes) -> dict[str, Any]:
    """Return a body that is a JSON object; for any other, an empty one."""
    try:
        content = _decode(unpack(body, {}, MAX_BYTES))
    except (RequestRefused, msgspec.DecodeError, RecursionError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
