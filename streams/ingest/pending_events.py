"""The events of a request that are to be written, and its response once they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from streams.events.log import IN_QUARANTINE, FeedAddition, NewEvent, Seqs
from streams.events.people.identifiers import NAMES
from streams.identity.identifiers import IdentifierKind
from streams.ingest.event_decision import RefusedEvent, StoredEvent
from streams.ingest.http.responses import (
    ACCEPTED,
    DUPLICATE,
    HELD,
    MOST_ISSUES,
    MOST_OF_EVENT,
    QUARANTINED,
    WARNED,
    EventResult,
    FoundBy,
    IngestResponse,
    outcomes,
    without_hints,
)
from streams.ingest.issue_counting import issues_of
from streams.ingest.people.person_events import BEHIND
from streams.observability.user_id_lookups.models import LookupDay

if TYPE_CHECKING:
    from datetime import datetime

    from streams.base.request_errors import RequestRefused
    from streams.ingest.credential_lookup import CredentialLookup
    from streams.observability.issues.counter import IssueCounter
    from streams.observability.user_id_lookups.counter import LookupCounter
    from streams.spec.issues import Issue


class PendingEvents(msgspec.Struct, frozen=True):
    """The decisions about the events of a request, in the order of their arrival."""

    additions: list[FeedAddition]  # the events to write, by feed
    decisions: list[StoredEvent | RefusedEvent]
    single: bool
    retry: RequestRefused | None  # of the events that were put off
    issues: IssueCounter
    lookups: LookupCounter
    received_at: datetime

    def response(self, seqs: list[Seqs]) -> IngestResponse:
        """Build the response once `additions` are durable under these numbers.

        Counts the issues of the events, and the lookups of their userIds.
        """
        numbers = {
            addition.feed_id: iter(of_feed)
            for addition, of_feed in zip(self.additions, seqs, strict=True)
        }
        results: list[EventResult] = []
        room = MOST_ISSUES
        for decision in self.decisions:
            result = self._result(decision, numbers, room)
            if result.findings:
                room -= len(result.findings)
            results.append(result)
        return outcomes(results, single=self.single, full=self.retry)

    def _result(
        self,
        decision: StoredEvent | RefusedEvent,
        numbers: Mapping[int, Iterator[int | None]],
        room: int,
    ) -> EventResult:
        """Return an event's result, with at most `room` issues."""
        if isinstance(decision, RefusedEvent):
            return decision.result
        event, workspace = decision.event, decision.workspace
        seq = next(numbers[decision.feed.feed_id])
        if seq is None:
            return EventResult(DUPLICATE, event.message_id, workspace)
        issues = self._issues(decision, is_behind=seq == IN_QUARANTINE)
        identity = self._found_by(decision)
        if issues and seq == IN_QUARANTINE:
            return EventResult(
                QUARANTINED,
                event.message_id,
                workspace,
                findings=issues[: min(room, MOST_OF_EVENT)],
                identity=identity,
            )
        outcome = ACCEPTED if decision.feed.connected else HELD
        return EventResult(
            WARNED if issues else outcome,
            event.message_id,
            workspace,
            seq,
            findings=issues[: min(room, MOST_OF_EVENT)],
            status="" if decision.feed.active else HELD,
            checks=WARNED if issues else "",
            identity=identity,
        )

    def _found_by(self, decision: StoredEvent) -> FoundBy | None:
        """Return the identifier that led to an event's userId, and count its lookup."""
        if decision.lookup is None:
            return None
        feed_id = decision.feed.feed_id
        self.lookups.count(feed_id, decision.lookup, at=self.received_at)
        if decision.lookup == LookupDay.UNRESOLVED:
            return None
        return FoundBy(NAMES[IdentifierKind(decision.lookup)])

    def _issues(self, decision: StoredEvent, *, is_behind: bool) -> Sequence[Issue]:
        """Return the issues of a stored event without hints, and count them."""
        if is_behind and not decision.event.held_by:
            return (BEHIND,)  # the append decided so
        if not decision.issues:
            return ()
        found = issues_of(decision.event, decision.issues, decision.feed)
        found.count(self.issues, at=self.received_at)
        return without_hints(decision.issues)


def pending_events(
    decisions: list[StoredEvent | RefusedEvent],
    lookup: CredentialLookup,
    *,
    single: bool,
    now: datetime,
) -> PendingEvents:
    """Group the events to store by feed. Counts what is known of those that are refused."""
    events: dict[int, list[NewEvent]] = {}
    retry: RequestRefused | None = None
    for decision in decisions:
        if isinstance(decision, StoredEvent):
            events.setdefault(decision.feed.feed_id, []).append(decision.event)
            continue
        retry = decision.retry or retry
        if decision.issues is not None:
            decision.issues.count(lookup.issues, at=now)
        if decision.unresolved_in is not None:
            lookup.user_ids.count(decision.unresolved_in, LookupDay.UNRESOLVED, at=now)
    additions = [FeedAddition(*of_feed) for of_feed in events.items()]
    return PendingEvents(
        additions, decisions, single, retry, lookup.issues, lookup.user_ids, now
    )
