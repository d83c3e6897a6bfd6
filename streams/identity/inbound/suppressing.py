"""Suppress people as events from Segment ask, and learn nothing about those who are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.identity.identifiers import NoPerson
from streams.identity.inbound.events import InboundEvent
from streams.identity.models import SuppressedPerson
from streams.identity.suppression.people import suppressed_among
from streams.identity.suppression.services import (
    SuppressionScope,
    lock_workspaces,
    suppress,
    unsuppress,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streams.identity.inbound_address import InboundAddress


def lock_for_suppressions(
    addresses: Iterable[InboundAddress], events: Iterable[object]
) -> None:
    """Lock the workspaces of these addresses if an event can suppress someone in them.

    All at once and in one order, so that requests of two processes can't wait for each other.
    """
    if any(isinstance(one, InboundEvent) and one.is_privacy_request for one in events):
        lock_workspaces(one.feed.workspace_id for one in addresses)


def apply_suppressions(address: InboundAddress, events: Iterable[InboundEvent]) -> None:
    """Suppress people in the feed of an address, or end that, in the order of events."""
    has_any = False
    for event in events:
        ends = event.call == "unsuppress"
        begins = event.suppresses or (event.is_delete and address.suppresses_deleted)
        if ends or begins:
            has_any = True
            _change(address, event, ends=ends)
    if has_any:
        address.feed.workspace.refresh_from_db(fields=["suppression"])


def of_suppressed_people(
    address: InboundAddress, events: Sequence[InboundEvent]
) -> set[int]:
    """Return the places of the events whose person is suppressed. One query, or none."""
    feed = address.feed
    if not events or not feed.workspace.suppression:
        return set()
    people = [
        (one.user_id if isinstance(one.user_id, str) else "", one.identifiers)
        for one in events
    ]
    return suppressed_among(feed.workspace_id, feed.pk, people)


def _change(address: InboundAddress, event: InboundEvent, *, ends: bool) -> None:
    scope = SuppressionScope(address.feed.workspace, address.feed)
    # With a userId, identifiers don't count: another person can share a device.
    user_id = event.user_id if isinstance(event.user_id, str) else ""
    identifiers = () if user_id else event.identifiers
    try:
        if ends:
            unsuppress(scope, user_id=user_id, identifiers=identifiers)
        else:
            suppress(
                scope,
                user_id=user_id,
                identifiers=identifiers,
                origin=SuppressedPerson.Origin.INBOUND,
            )
    except NoPerson:  # its identifiers can't identify anyone
        return
