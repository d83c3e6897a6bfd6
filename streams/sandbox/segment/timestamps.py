"""The timestamps that Segment sets in an event."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec


class Times(msgspec.Struct, rename="camel"):
    """The timestamps in ISO 8601 and UTC, as destinations receive them."""

    timestamp: str
    original_timestamp: str
    sent_at: str | None
    received_at: str


def delivered(*, timestamp: object, sent_at: object, received_at: float) -> Times:
    """Correct a call's timestamps for the error of the sender's clock, like Segment.

    The timestamp is receivedAt - (sentAt - originalTimestamp). Without a valid timestamp,
    it is receivedAt.
    """
    received = datetime.fromtimestamp(received_at, UTC)
    original, sent = _time(timestamp), _time(sent_at)
    happened = original or received
    if original is not None and sent is not None:
        try:
            happened = received - (sent - original)
        except OverflowError:
            happened = received
    return Times(
        timestamp=_text(happened),
        original_timestamp=_text(original or received),
        sent_at=None if sent is None else _text(sent),
        received_at=_text(received),
    )


def _time(value: object) -> datetime | None:
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.replace(tzinfo=parsed.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
