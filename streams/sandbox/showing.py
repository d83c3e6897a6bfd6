"""How an event is shown, with no more of its write key than may be seen."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from streams.sandbox.bodies import read_message, text
from streams.sandbox.messages import Message
from streams.sandbox.times import Times, delivered

if TYPE_CHECKING:
    from streams.sandbox.journal import Entry
    from streams.sandbox.sources import Region


SHOWN_CHARACTERS = 4


class ShownEvent(msgspec.Struct):
    """An event as the control API shows it: `event` as sent, `delivered` its times."""

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


def shown(entry: Entry) -> ShownEvent:
    """The event, without its write key."""
    event = entry.event
    message = read_message(event.data) or Message()
    hide = partial(_without, write_key=event.write_key)
    times = delivered(
        timestamp=message.timestamp,
        sent_at=message.sent_at if message.sent_at is not None else entry.sent_at,
        received_at=entry.received_at,
    )
    return ShownEvent(
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


def _event_json(entry: Entry) -> bytes:
    data, key = entry.event.data, entry.event.write_key
    # An escape may spell a part of the key.
    if not entry.shared and b"\\" not in data and key.encode() not in data:
        return data
    try:
        fields: dict[str, Any] = msgspec.json.decode(data)
        for name, shared in entry.shared.items():
            fields[name] = _merged(msgspec.json.decode(shared), fields.get(name))
        # A key may stand anywhere in what was sent, not only under `writeKey`.
        return msgspec.json.encode(_without(fields, key))
    except msgspec.ValidationError:  # a number that no 64 bits hold
        return msgspec.json.encode("A number in this event is too large to show.")
    except RecursionError:
        return msgspec.json.encode("This event is nested too deeply to show.")


def _without(value: Any, write_key: str) -> Any:
    """The value, with the write key masked in every text in it."""
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
    """A batch's context or integrations under an event's own, which wins."""
    if isinstance(shared, dict) and isinstance(own, dict):
        return {**shared, **own}
    return shared if own is None else own


def masked(write_key: str) -> str:
    """The last four characters, behind a sign that there was more; of a short key none."""
    is_long = len(write_key) >= 3 * SHOWN_CHARACTERS
    return f"…{write_key[-SHOWN_CHARACTERS:]}" if is_long else "…"


def source_of(write_key: str) -> str:
    """What tells one write key from others and does not reveal it."""
    return sha256(write_key.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def scrubbed(headers: dict[str, str], write_key: str) -> dict[str, str]:
    """Headers to show: without credentials, and without the write key."""
    secret = {"authorization", "cookie", "proxy-authorization"}
    return {
        name: value.replace(write_key, masked(write_key)) if write_key else value
        for name, value in headers.items()
        if name not in secret
    }


def iso(epoch_s: float) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds")
