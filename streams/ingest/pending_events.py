"""The events of a request that are to be written, and its response once they are."""

from __future__ import annotations

from collections import Counter
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
from streams.observability.user_id_lookups.counter import LookupKey
from streams.observability.user_id_lookups.models import LookupDay
from streams.tracked_users.kinds import SeenIds

if TYPE_CHECKING:
    from datetime import datetime

    from streams.base.request_errors import RequestRefused
    from streams.ingest.credential_lookup import CredentialLookup
    from streams.observability.issues.counter import IssueCounter
    from streams.observability.suppressed_events.counter import SuppressedCounter
    from streams.observability.user_id_lookups.counter import LookupCounter
    from streams.spec.issues import Issue
    from streams.tracked_users.counter import TrackedUserCounter


class PendingEvents(msgspec.Struct, frozen=True):
    """The decisions about the events of a request, in the order of their arrival."""

    additions: list[FeedAddition]  # the events to write, by feed
    decisions: list[StoredEvent | RefusedEvent]
    single: bool
    retry: RequestRefused | None  # of the events that were put off
    issues: IssueCounter
    lookups: LookupCounter
    tracked_users: TrackedUserCounter
    suppressed: SuppressedCounter
    received_at: datetime

    def response(self, seqs: list[Seqs]) -> IngestResponse:
        """Build the response once `additions` are durable under these numbers.

        Counts the issues of the events, the lookups of their userIds, and their people.
        """
        numbers = {
            addition.feed_id: iter(of_feed)
            for addition, of_feed in zip(self.additions, seqs, strict=True)
        }
        results: list[EventResult] = []
        lookups: Counter[LookupKey] = Counter()
        people = SeenIds()
        room = MOST_ISSUES
        for decision in self.decisions:
            result = self._result(decision, numbers, room, lookups)
            if result.findings:
                room -= len(result.findings)
            if result.seq and isinstance(decision, StoredEvent):
                event = decision.event
                people.add(decision.feed.feed_id, event.user_id, event.anonymous_id)
            results.append(result)
        if lookups:
            self.lookups.add(lookups)
        if people:
            self.tracked_users.add(people, at=self.received_at)
        return outcomes(results, single=self.single, full=self.retry)

    def _result(
        self,
        decision: StoredEvent | RefusedEvent,
        numbers: Mapping[int, Iterator[int | None]],
        room: int,
        lookups: Counter[LookupKey],
    ) -> EventResult:
        """Return an event's result, with at most `room` issues. Counts its lookup."""
        if isinstance(decision, RefusedEvent):
            self._count_refused(decision, lookups)
            return decision.result
        event, workspace = decision.event, decision.workspace
        seq = next(numbers[decision.feed.feed_id])
        if seq is None:
            return EventResult(DUPLICATE, event.message_id, workspace)
        issues = self._issues(decision, is_behind=seq == IN_QUARANTINE)
        identity = None
        if (found := decision.lookup) is not None:
            lookups[self._key(decision.feed.feed_id, found)] += 1
            identity = _found_by(found)
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

    def _count_refused(
        self, decision: RefusedEvent, lookups: Counter[LookupKey]
    ) -> None:
        if (feed_id := decision.suppressed_in) is not None:
            self.suppressed.add({feed_id: 1})
        elif decision.unresolved_in is not None:
            lookups[self._key(decision.unresolved_in, LookupDay.UNRESOLVED)] += 1

    def _key(self, feed_id: int, result: int) -> LookupKey:
        return LookupKey(self.received_at.date(), feed_id, result)

    def _issues(self, decision: StoredEvent, *, is_behind: bool) -> Sequence[Issue]:
        """Return the issues of a stored event without hints, and count them."""
        if is_behind and not decision.event.held_by:
            return (BEHIND,)  # the append decided so
        if not decision.issues:
            return ()
        found = issues_of(decision.event, decision.issues, decision.feed)
        found.count(self.issues, at=self.received_at)
        return without_hints(decision.issues)


def _found_by(result: int) -> FoundBy | None:
    """Return the identifier that led to a userId; `result` as in LookupDay."""
    if result == LookupDay.UNRESOLVED:
        return None
    return FoundBy(NAMES[IdentifierKind(result)])


def pending_events(
    decisions: list[StoredEvent | RefusedEvent],
    lookup: CredentialLookup,
    *,
    single: bool,
    now: datetime,
) -> PendingEvents:
    """Group the events to store by feed. Counts the issues of those that are refused."""
    events: dict[int, list[NewEvent]] = {}
    retry: RequestRefused | None = None
    for decision in decisions:
        if isinstance(decision, StoredEvent):
            events.setdefault(decision.feed.feed_id, []).append(decision.event)
            continue
        retry = decision.retry or retry
        if decision.issues is not None:
            decision.issues.count(lookup.issues, at=now)
    additions = [FeedAddition(*of_feed) for of_feed in events.items()]
    return PendingEvents(
        additions,
        decisions,
        single,
        retry,
        lookup.issues,
        lookup.user_ids,
        lookup.tracked_users,
        lookup.suppressed,
        now,
    )
