"""Learns links from events of Segment, and counts each event once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import batched, chain, groupby
from typing import TYPE_CHECKING, Protocol

from django.db import transaction
from django.db.models import F

from streams.identity.claims import Origin
from streams.identity.forgetting import forget
from streams.identity.inbound.events import InboundEvent
from streams.identity.inbound.refusal_notes import refused_fields
from streams.identity.inbound.refusals import EventRefusal, refusal_of
from streams.identity.inbound.suppressing import (
    apply_suppressions,
    lock_for_suppressions,
    of_suppressed_people,
)
from streams.identity.inbound_address import InboundAddress, InboundMessage
from streams.identity.links import MOST_FACTS, IdentityFact, chunks, learn
from streams.identity.models import OriginKind
from streams.identity.stored import CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from streams.identity.identifiers import Identifier

# The outcomes of an event. Each is also a counter of InboundAddress.
LEARNED, UNIDENTIFIED, DUPLICATE = "learned", "unidentified", "duplicates"
OWN, DELETED, REFUSED = "own", "deletes", "refused"
REQUESTED, SUPPRESSED = "suppressions", "suppressed"
OUTCOMES = (
    LEARNED, UNIDENTIFIED, DUPLICATE, OWN, DELETED, REQUESTED, SUPPRESSED, REFUSED
)  # fmt: skip


class Deletion(Protocol):
    """Deletes the person of a delete event, in the transaction that stores the event."""

    def __call__(
        self, feed_id: int, *, user_id: str, identifiers: Sequence[Identifier]
    ) -> object: ...


class UnknownAddress(LookupError):
    """An address was removed since it was looked up."""


@dataclass(frozen=True, slots=True)
class InboundDelivery:
    """The events of one request, in their order."""

    address_id: int
    feed_id: int
    events: Sequence[InboundEvent | EventRefusal] = field(repr=False)

    @property
    def claims(self) -> int:
        """The number of links that this request can add."""
        return sum(map(_claims, self.events))


@dataclass(slots=True)
class InboundReceipt:
    """The outcome of each event of a request, and why events are refused, by position."""

    outcomes: list[str]
    refusals: dict[int, EventRefusal] = field(default_factory=dict)
    links: int = 0  # that are new
    conflicts: int = 0


def receive_request(
    delivery: InboundDelivery, *, at: datetime, delete: Deletion = forget
) -> InboundReceipt:
    """Learn from the events of a request, in a transaction for each part of limited size.

    If a later part fails, the request can be sent again: earlier events are duplicates then.
    People are deleted in the last part. Raises UnknownAddress.
    """
    receipt = InboundReceipt([""] * len(delivery.events))
    for numbers in _parts(delivery.events):
        part = replace(delivery, events=[delivery.events[n] for n in numbers])
        [done] = receive([part], at=at, delete=delete)
        for number, outcome in zip(numbers, done.outcomes, strict=True):
            receipt.outcomes[number] = outcome
        receipt.refusals |= {numbers[n]: why for n, why in done.refusals.items()}
        receipt.links += done.links
        receipt.conflicts += done.conflicts
    receipt.refusals = dict(sorted(receipt.refusals.items()))
    return receipt


def _parts(events: Sequence[InboundEvent | EventRefusal]) -> Iterator[list[int]]:
    """Return the positions of the events of each part, those of delete events last."""
    order = sorted(
        range(len(events)),
        key=lambda n: isinstance(e := events[n], InboundEvent) and e.is_delete,
    )
    return chunks(order, lambda n: _claims(events[n]))


def _claims(event: InboundEvent | EventRefusal) -> int:
    return event.claims if isinstance(event, InboundEvent) else 0


@transaction.atomic
def receive(
    deliveries: Sequence[InboundDelivery], *, at: datetime, delete: Deletion = forget
) -> list[InboundReceipt]:
    """Learn from the events of these requests, and count them. Raises UnknownAddress.

    Returns their receipts, in their order. Events that arrived before are duplicates. The number of statements grows with the number
    of feeds, of requests that delete, and of thousands of events.
    """
    # Maps are changed in this order by everyone, so that there are no deadlocks.
    numbered = sorted(enumerate(deliveries), key=lambda pair: pair[1].feed_id)
    addresses = _locked(deliveries)
    receipts: dict[int, InboundReceipt] = {}
    for feed_id, group in groupby(numbered, key=lambda pair: pair[1].feed_id):
        pairs = list(group)
        of_feed = [delivery for _number, delivery in pairs]
        done = _outcomes(feed_id, of_feed, at)
        _suppress(addresses[of_feed[0].address_id], of_feed, done)
        _learn(feed_id, of_feed, done, at, delete)
        _count(of_feed, done, at)
        receipts.update(zip((n for n, _ in pairs), done, strict=True))
    return [receipts[n] for n in range(len(deliveries))]


def _locked(deliveries: Sequence[InboundDelivery]) -> dict[int, InboundAddress]:
    """Lock the addresses of these requests, and return them by their IDs."""
    wanted = {delivery.address_id for delivery in deliveries}
    rows = InboundAddress.objects.filter(pk__in=wanted).order_by("feed_id")
    locked = rows.select_for_update(of=("self",))
    found = {
        one.pk: one for one in locked.select_related("feed__workspace", "feed__stream")
    }
    if len(found) != len(wanted):
        raise UnknownAddress
    events = chain.from_iterable(delivery.events for delivery in deliveries)
    lock_for_suppressions(found.values(), events)
    return found


def _suppress(
    address: InboundAddress,
    deliveries: Sequence[InboundDelivery],
    receipts: Sequence[InboundReceipt],
) -> None:
    """Suppress people as events of a feed ask, and learn nothing about suppressed people."""
    asked: list[InboundEvent] = []
    told: list[tuple[InboundReceipt, int, InboundEvent]] = []
    for pair in zip(deliveries, receipts, strict=True):
        for outcome in (REQUESTED, DELETED):
            asked += [event for _, _, event in _with(outcome, *pair)]
        told += _with(LEARNED, *pair)
    apply_suppressions(address, asked)
    for place in of_suppressed_people(address, [event for _, _, event in told]):
        receipt, number, _event = told[place]
        receipt.outcomes[number] = SUPPRESSED


def _outcomes(
    feed_id: int, deliveries: Sequence[InboundDelivery], at: datetime
) -> list[InboundReceipt]:
    """Return what happens with each event, and remember those that are new."""
    sent = {
        event.digest
        for delivery in deliveries
        for event in delivery.events
        if isinstance(event, InboundEvent) and event.digest
    }
    seen = _seen(feed_id, sent)
    InboundMessage.objects.bulk_create(
        [
            InboundMessage(feed_id=feed_id, digest=digest, received_at=at)
            for digest in sorted(sent - seen)
        ],
        batch_size=CHUNK,
    )
    receipts = []
    for delivery in deliveries:
        receipt = InboundReceipt([_outcome(event, seen) for event in delivery.events])
        for number, event in enumerate(delivery.events):
            if isinstance(event, EventRefusal):
                receipt.refusals[number] = event
        receipts.append(receipt)
    return receipts


def _seen(feed_id: int, digests: set[bytes]) -> set[bytes]:
    seen: set[bytes] = set()
    for some in batched(sorted(digests), CHUNK):
        rows = InboundMessage.objects.filter(feed=feed_id, digest__in=some)
        seen.update(map(bytes, rows.values_list("digest", flat=True)))
    return seen


def _outcome(event: InboundEvent | EventRefusal, seen: set[bytes]) -> str:
    """Return the outcome of an event, and add it to those that are seen."""
    if isinstance(event, EventRefusal):
        return REFUSED
    if event.digest:
        if event.digest in seen:
            return DUPLICATE
        seen.add(event.digest)
    if event.is_delete:
        return DELETED
    if event.is_privacy_request:
        return REQUESTED
    if event.is_own:
        return OWN
    # An empty or wrong userId is a mistake that someone should see; null is no userId.
    identified = event.user_id is not None and event.identifiers
    return LEARNED if identified else UNIDENTIFIED


def _learn(
    feed_id: int,
    deliveries: Sequence[InboundDelivery],
    receipts: Sequence[InboundReceipt],
    at: datetime,
    delete: Deletion,
) -> None:
    """Change the map of a feed.

    In a request, Segment's order means nothing, so a person to delete is deleted last.
    """
    waiting: list[tuple[InboundReceipt, int, InboundEvent]] = []
    for delivery, receipt in zip(deliveries, receipts, strict=True):
        waiting += _with(LEARNED, delivery, receipt)
        deletes = list(_with(DELETED, delivery, receipt))
        if deletes:
            _learn_facts(feed_id, waiting, at)
            waiting = []
        for _receipt, _number, event in deletes:
            user_id = event.user_id if isinstance(event.user_id, str) else ""
            delete(feed_id, user_id=user_id, identifiers=event.identifiers)
    _learn_facts(feed_id, waiting, at)


def _with(
    outcome: str, delivery: InboundDelivery, receipt: InboundReceipt
) -> Iterator[tuple[InboundReceipt, int, InboundEvent]]:
    for number, event in enumerate(delivery.events):
        if receipt.outcomes[number] == outcome and isinstance(event, InboundEvent):
            yield receipt, number, event


def _learn_facts(
    feed_id: int,
    waiting: Sequence[tuple[InboundReceipt, int, InboundEvent]],
    at: datetime,
) -> None:
    for some in batched(waiting, MOST_FACTS):
        results = learn(feed_id, [_fact(event, at) for _, _, event in some])
        for (receipt, number, _), result in zip(some, results, strict=True):
            receipt.links += result.new
            receipt.conflicts += len(result.conflicts)
            if result.problem:
                receipt.outcomes[number] = REFUSED
                receipt.refusals[number] = refusal_of(result.problem)


def _fact(event: InboundEvent, at: datetime) -> IdentityFact:
    origin = Origin(OriginKind.INBOUND, event.project_id, event.message_id)
    return IdentityFact(event.user_id, event.identifiers, at, origin)


def _count(
    deliveries: Sequence[InboundDelivery],
    receipts: Sequence[InboundReceipt],
    at: datetime,
) -> None:
    """Add the outcomes to the address of these requests, which is locked."""
    counts = Counter(outcome for one in receipts for outcome in one.outcomes)
    changes: dict[str, object] = {
        name: F(name) + count for name, count in counts.items()
    }
    changes["received"] = F("received") + counts.total()
    if not all(map(_is_test, chain.from_iterable(one.events for one in deliveries))):
        changes["last_received_at"] = at  # Segment works, not only the address
    refusals = [why for one in receipts for why in one.refusals.values()]
    if refusals:
        changes |= refused_fields(refusals[-1], at)
    addresses = InboundAddress.objects.filter(pk=deliveries[0].address_id)
    addresses.update(**changes)


def _is_test(event: InboundEvent | EventRefusal) -> bool:
    return isinstance(event, InboundEvent) and event.is_test
