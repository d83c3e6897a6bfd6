"""The people in events that other tools sent to Segment, as far as Segment forwards them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.identity.identifiers import IdentifierKind
from streams.identity.inbound.events import InboundEvent
from streams.identity.inbound.receive import LEARNED, UNIDENTIFIED
from streams.tracked_users.kinds import SeenIds

if TYPE_CHECKING:
    from datetime import datetime

    from streams.identity.inbound.receive import InboundDelivery, InboundReceipt
    from streams.tracked_users.counter import TrackedUserCounter


def count_people(
    counter: TrackedUserCounter,
    delivery: InboundDelivery,
    receipt: InboundReceipt,
    *,
    at: datetime,
) -> None:
    """Count the people of a request's events, without this tool's own and deletions."""
    seen = SeenIds()
    for event, outcome in zip(delivery.events, receipt.outcomes, strict=True):
        if outcome in (LEARNED, UNIDENTIFIED) and isinstance(event, InboundEvent):
            user_id = event.user_id if isinstance(event.user_id, str) else ""
            seen.add_of_others(delivery.feed_id, user_id, _anonymous_id(event))
    if seen:
        counter.add(seen, at=at)


def _anonymous_id(event: InboundEvent) -> str:
    for identifier in event.identifiers:
        if identifier.kind is IdentifierKind.ANONYMOUS_ID:
            return identifier.value
    return ""
