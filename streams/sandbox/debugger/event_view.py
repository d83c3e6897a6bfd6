"""Shows events with their write keys masked."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from streams.sandbox.segment.body import read_message, text
from streams.sandbox.segment.messages import Message
from streams.sandbox.segment.timestamps import Times, delivered

if TYPE_CHECKING:
    from streams.sandbox.debugger.recent_requests import ReceivedEvent
    from streams.sandbox.segment.sources import Region


SHOWN_CHARACTERS = 4


class EventView(msgspec.Struct):
    """An event in the control API: `event` as sent, `delivered` with Segment's times."""

    number: int
    received_at: str
    region: Region
    write_key: str
    source: str
    type: str
    name: str
    user_id: str | None
    anonymous_id: str | None
    message_id: str
    delivered: Times
    event: msgspec.Raw


def shown(entry: ReceivedEvent) -> EventView:
    """Return an event with its write key masked."""
    event = entry.event
    message = read_message(event.data) or Message()
    hide = partial(_without, write_key=event.write_key)
    times = delivered(
        timestamp=message.timestamp,
        sent_at=message.sent_at if message.sent_at is not None else entry.sent_at,
        received_at=entry.received_at,
    )
    return EventView(
        number=entry.number,
        received_at=iso(entry.received_at),
        region=entry.region,
        write_key=masked(event.write_key),
        source=source_of(event.write_key),
        type=event.kind,
        name=hide(text(message.event) or text(message.name)),
        user_id=hide(message.user_id),
        anonymous_id=hide(message.anonymous_id),
        message_id=hide(event.message_id),
        delivered=times,
        event=msgspec.Raw(_event_json(entry)),
    )


def _event_json(entry: ReceivedEvent) -> bytes:
    data, key = entry.event.data, entry.event.write_key
    # A part of the key may be escaped.
    if not entry.shared and b"\\" not in data and key.encode() not in data:
        return data
    try:
        fields: dict[str, Any] = msgspec.json.decode(data)
        for name, shared in entry.shared.items():
            fields[name] = _merged(msgspec.json.decode(shared), fields.get(name))
        # The key can be anywhere in the event, not only in `writeKey`.
        return msgspec.json.encode(_without(fields, key))
    except msgspec.ValidationError:  # a number that doesn't fit into 64 bits
        return msgspec.json.encode("A number in this event is too large to show.")
    except RecursionError:
        return msgspec.json.encode("This event is nested too deeply to show.")


def _without(value: Any, write_key: str) -> Any:
    """Mask the write key in all strings of a value."""
    match value:
        case str():
            return value.replace(write_key, masked(write_key))
        case list():
            return [_without(item, write_key) for item in value]
        case dict():
            return {
                _without(name, write_key): _without(item, write_key)
                for name, item in value.items()
            }
    return value


def _merged(shared: object, own: object) -> object:
    """Merge a batch's context or integrations into an event's, which take precedence."""
    if isinstance(shared, dict) and isinstance(own, dict):
        return {**shared, **own}
    return shared if own is None else own


def masked(write_key: str) -> str:
    """Return an ellipsis and the last four characters, or only the ellipsis if short."""
    is_long = len(write_key) >= 3 * SHOWN_CHARACTERS
    return f"…{write_key[-SHOWN_CHARACTERS:]}" if is_long else "…"


def source_of(write_key: str) -> str:
    """Return an identifier of a write key that doesn't reveal it."""
    return sha256(write_key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def scrubbed(headers: dict[str, str], write_key: str) -> dict[str, str]:
    """Remove credentials from headers, and mask the write key in the others."""
    secret = {"authorization", "cookie", "proxy-authorization"}
    return {
        name: value.replace(write_key, masked(write_key)) if write_key else value
        for name, value in headers.items()
        if name not in secret
    }


def iso(epoch_s: float) -> str:
    """Format a time as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds")
