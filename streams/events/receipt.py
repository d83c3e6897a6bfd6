"""When the portal received an event, also one that was in quarantine before.

The column `received_at` of an event that was released has the time of its release, because it
only grows within a feed.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from streams.base.clock import iso_ms
from streams.base.msgspec_types import prepared

if TYPE_CHECKING:
    from streams.events.models import Event


@prepared
class _Receipt(msgspec.Struct, rename="camel"):
    received_at: str = ""


def receipt_text(event: Event) -> str:
    """Return `receivedAt` of an event that was read with its payload, as ISO 8601."""
    receipt = msgspec.json.decode(bytes(event.payload), type=_Receipt)
    return receipt.received_at or iso_ms(event.received_at)


def receipt_at(event: Event) -> datetime:
    """Return the same time. The column's value if the text is in another form."""
    try:
        at = datetime.fromisoformat(receipt_text(event))
    except ValueError:
        return event.received_at
    return at if at.tzinfo else event.received_at
