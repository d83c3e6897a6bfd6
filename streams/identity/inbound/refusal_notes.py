"""Shows at an address why its last request was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.identity.inbound_address import InboundAddress

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from streams.identity.inbound.refusals import EventRefusal


def note_refusals(refusals: Mapping[int, EventRefusal], *, at: datetime) -> None:
    """Store the last refusal of each of these addresses, by their IDs."""
    for address_id in sorted(refusals):
        rows = InboundAddress.objects.filter(pk=address_id)
        rows.update(**refused_fields(refusals[address_id], at))


def refused_fields(why: EventRefusal, at: datetime) -> dict[str, object]:
    """Return the columns of an address that show its last refusal."""
    longest = InboundAddress._meta.get_field("last_refused_reason").max_length
    return {
        "last_refused_at": at,
        "last_refused_rule": why.rule,
        "last_refused_reason": why.message[:longest],
    }
