"""How an event is shown, with no more of its write key than may be seen."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from streams.sandbox.bodies import read_message, text
from streams.sandbox.messages import Message

if TYPE_CHECKING:
    from streams.sandbox.journal import Entry
    from streams.sandbox.sources import Region


class ShownEvent(msgspec.Struct):
    """An event as the control API shows it."""

    number: int
    received_at: str
    region: Region
    write_key: str
    type: str
    name: str
    user_id: str | None
    anonymous_id: str | None
    message_id: str
    event: msgspec.Raw


def shown(entry: Entry, *, mask: bool) -> ShownEvent:
    """The event for people's eyes; masked, its write key is its last four characters."""
    event = entry.event
    message = read_message(event.data) or Message()
    write_key = masked(event.write_key) if mask else event.write_key
    return ShownEvent(
        number=entry.number,
        received_at=iso(entry.received_at),
        region=entry.region,
        write_key=write_key,
        type=event.kind,
        name=text(message.event) or text(message.name),
        user_id=message.user_id,
        anonymous_id=message.anonymous_id,
        message_id=event.message_id,
        event=msgspec.Raw(_event_json(entry, mask=mask)),
    )


def _event_json(entry: Entry, *, mask: bool) -> bytes:
    if not entry.shared and not mask:
        return entry.event.data
    try:
        fields: dict[str, Any] = msgspec.json.decode(entry.event.data)
    except msgspec.ValidationError:  # a number that no 64 bits hold
        return msgspec.json.encode("A number in this event is too large to show.")
    for name, shared in entry.shared.items():
        fields[name] = _merged(msgspec.json.decode(shared), fields.get(name))
    merged = msgspec.json.encode(fields)
    if not mask:
        return merged
    # A key may stand anywhere in what was sent, not only under `writeKey`.
    key = entry.event.write_key
    return merged.replace(key.encode(), masked(key).encode())


def _merged(shared: object, own: object) -> object:
    """A batch's context or integrations under an event's own, which wins."""
    if isinstance(shared, dict) and isinstance(own, dict):
        return {**shared, **own}
    return shared if own is None else own


def masked(write_key: str) -> str:
    """The last four characters, behind a sign that there was more."""
    return f"…{write_key[-4:]}"


def iso(epoch_s: float) -> str:
    """ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="milliseconds")
