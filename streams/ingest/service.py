"""The steps of a request, for both servers: admit, take, write, respond.

`admit` checks the head and returns the limit for the body. `take` turns the body into
events. The server writes them in its own way, and `Pending.answer` builds the response.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from streams.base.request_errors import RequestRefused
from streams.events.intake import (
    EventRefused,
    RequestFields,
    message_ids,
    prepare,
    read,
)
from streams.events.log import IN_QUARANTINE, FeedAddition, NewEvent, Seqs
from streams.ingest.commit.backpressure import RETRY_AFTER_S, check_all, check_feed
from streams.ingest.credentials import authentication
from streams.ingest.credentials.credential_cache import ResolvedFeed
from streams.ingest.http.body import (
    MAX_BYTES,
    MAX_PARTNER_BYTES,
    RequestContents,
    key_of_first,
    open_batch,
    open_single,
    unpack,
)
from streams.ingest.http.responses import (
    ACCEPTED,
    DUPLICATE,
    HELD,
    MOST_FINDINGS,
    MOST_OF_EVENT,
    QUARANTINED,
    WARNED,
    EventResult,
    IngestResponse,
    outcomes,
    put_off,
    rejected,
    throttled,
    without_hints,
)
from streams.ingest.issue_counting import note, note_refused
from streams.ingest.workspace_resolution import (
    check_key,
    unknown_workspace,
    workspace_of,
)
from streams.spec.modes import ValidationMode

if TYPE_CHECKING:
    from streams.catalog.validation.event_validator import EventValidator
    from streams.ingest.credentials.authentication import Credential
    from streams.ingest.credentials.credential_cache import CredentialAccess
    from streams.ingest.credentials.lookup import CredentialLookup
    from streams.ingest.http.routes import Route
    from streams.observability.issues.counter import IssueCounter
    from streams.spec.issues import Issue

# Structs, because a frozen dataclass takes ten times as long to create.


class Admission(msgspec.Struct, frozen=True):
    """A request whose body can be up to `max_bytes` long, before and after gzip."""

    route: Route
    headers: Mapping[str, str]  # names in lower case
    access: CredentialAccess | None  # None: the key must be in the body
    max_bytes: int


class _Ready(msgspec.Struct, frozen=True):
    """A well-formed event and its workspace."""

    event: NewEvent
    workspace: str
    content: Mapping[str, Any]  # the payload for Segment, decoded


class _Unsound(msgspec.Struct, frozen=True):
    """An event that is rejected in every mode, as far as it could be read."""

    outcome: EventResult
    refused: EventRefused
    event: Mapping[str, Any]
    workspace: str | None  # None: it has none


class _Slot(msgspec.Struct, frozen=True):
    """An event that is being written, and its issues."""

    place: ResolvedFeed
    event: NewEvent
    workspace: str
    findings: Sequence[Issue] = ()


class Pending(msgspec.Struct, frozen=True):
    """Events that are to be written, and the outcomes of the others."""

    additions: list[FeedAddition]
    slots: list[_Slot | EventResult]
    single: bool
    full: RequestRefused | None  # the refusal of throttled events
    counter: IssueCounter
    taken_at: datetime

    def answer(self, seqs: list[Seqs]) -> IngestResponse:
        """Build the response once `additions` are durable under these numbers.

        Counts the issues of the events.
        """
        given = {a.feed_id: iter(s) for a, s in zip(self.additions, seqs, strict=True)}
        results: list[EventResult] = []
        room = MOST_FINDINGS
        for slot in self.slots:
            outcome = self._outcome(slot, given, room)
            if outcome.findings:
                room -= len(outcome.findings)
            results.append(outcome)
        return outcomes(results, single=self.single, full=self.full)

    def _outcome(
        self,
        slot: _Slot | EventResult,
        given: Mapping[int, Iterator[int | None]],
        room: int,
    ) -> EventResult:
        """Return an event's outcome, with at most `room` issues."""
        if isinstance(slot, EventResult):
            return slot
        event, workspace = slot.event, slot.workspace
        seq = next(given[slot.place.feed_id])
        if seq is None:
            return EventResult(DUPLICATE, event.message_id, workspace)
        told: Sequence[Issue] = ()
        if slot.findings:
            note(self.counter, slot.place, event, slot.findings, self.taken_at)
            told = without_hints(slot.findings)
        if not told:
            name = ACCEPTED if slot.place.connected else HELD
            return EventResult(name, event.message_id, workspace, seq)
        told = told[: min(room, MOST_OF_EVENT)]
        if seq == IN_QUARANTINE:
            return EventResult(QUARANTINED, event.message_id, workspace, findings=told)
        return EventResult(WARNED, event.message_id, workspace, seq, findings=told)


def admit(
    route: Route, headers: Mapping[str, str], directory: CredentialLookup
) -> Admission:
    """Check a request's head. Raises RequestRefused, NotCached."""
    check_all(directory.load())
    credential = authentication.from_header(headers.get("authorization", ""))
    access = _access_of(credential, directory) if credential else None
    of_partner = access is not None and access.place is None
    return Admission(
        route, headers, access, MAX_PARTNER_BYTES if of_partner else MAX_BYTES
    )


def take(
    admission: Admission, body: bytes, directory: CredentialLookup, *, now: datetime
) -> Pending:
    """Turn a body into events. Raises RequestRefused, NotCached."""
    plain = unpack(body, admission.headers, admission.max_bytes)
    parcel = open_single(plain) if admission.route.call else open_batch(plain)
    access = _access(admission, parcel, directory)
    around = RequestFields(
        source=access.source,
        received_at=now,
        sent_at=parcel.sent_at,
        context=parcel.context,
        integrations=parcel.integrations,
    )
    ids = message_ids(len(parcel.events))
    checked = [
        _check(sent, admission.route, access, around, ids) for sent in parcel.events
    ]
    single = admission.route.call is not None
    return _sort(checked, access, directory, single=single, now=now)


def _access_of(credential: Credential, directory: CredentialLookup) -> CredentialAccess:
    access = directory.access(credential)
    if access.place:
        check_feed(directory.load(), access.place.feed_id)
    return access


def _access(
    admission: Admission, parcel: RequestContents, directory: CredentialLookup
) -> CredentialAccess:
    access = admission.access
    if access is None:
        key = parcel.key or key_of_first(parcel.events)
        if key is None:
            raise authentication.no_key(admission.headers.get("authorization", ""))
        return _access_of(authentication.from_body(key), directory)
    if (
        access.place
        and parcel.key
        and authentication.from_body(parcel.key) != access.credential
    ):
        raise authentication.other_key()
    return access


def _check(
    sent: bytes,
    route: Route,
    access: CredentialAccess,
    around: RequestFields,
    ids: Iterator[str],
) -> _Ready | _Unsound:
    event: dict[str, Any] = {}
    workspace = "" if access.place else None
    try:
        event = read(sent)
        workspace = workspace_of(event, access)
        check_key(event, access)
        prepared = prepare(event, around, ids=ids, call=route.call)
        return _Ready(prepared, workspace, event)
    except EventRefused as refused:
        told = "" if access.place else _text(event, "workspace")
        outcome = rejected(
            refused, workspace=told, message_id=_text(event, "messageId")
        )
        return _Unsound(outcome, refused, event, workspace)


def _sort(
    checked: list[_Ready | _Unsound],
    access: CredentialAccess,
    directory: CredentialLookup,
    *,
    single: bool,
    now: datetime,
) -> Pending:
    """Group events by feed, in order of arrival."""
    places = _places(checked, access, directory)
    full_feeds = directory.load().full_feeds if access.place is None else ()
    full_feed = throttled(retry_after_s=RETRY_AFTER_S)
    full: RequestRefused | None = None
    events: dict[int, list[NewEvent]] = {}
    slots: list[_Slot | EventResult] = []
    for item in checked:
        if isinstance(item, _Unsound):
            slots.append(item.outcome)
            place = None if item.workspace is None else places.get(item.workspace)
            if isinstance(place, ResolvedFeed):
                note_refused(directory.findings, place, item.event, item.refused, now)
            continue
        place = places.get(item.workspace)
        named = {"workspace": item.workspace, "message_id": item.event.message_id}
        if place is None:
            slots.append(rejected(unknown_workspace(item.workspace), **named))
            continue
        if isinstance(place, RequestRefused) or place.feed_id in full_feeds:
            full = place if isinstance(place, RequestRefused) else full_feed
            slots.append(put_off(full, **named))
            continue
        event: NewEvent | None = item.event
        slot: _Slot | EventResult
        if place.checks is None:
            slot = _Slot(place, item.event, item.workspace)
        else:
            event, slot = _judge(item, place, place.checks, now, directory.findings)
        if event is not None:
            events.setdefault(place.feed_id, []).append(event)
        slots.append(slot)
    additions = [FeedAddition(*pair) for pair in events.items()]
    return Pending(additions, slots, single, full, directory.findings, now)


def _places(
    checked: list[_Ready | _Unsound],
    access: CredentialAccess,
    directory: CredentialLookup,
) -> Mapping[str, ResolvedFeed | RequestRefused]:
    """Look up the places of all events, including rejected ones, by workspace."""
    if access.place:
        return {"": access.place}
    # In order of arrival, so that the first of too many new workspaces are created.
    named = {item.workspace: None for item in checked if isinstance(item, _Ready)}
    places = directory.find_places(access, named, may_make=True)
    # A rejected event doesn't create a workspace.
    refused = (item.workspace for item in checked if isinstance(item, _Unsound))
    others = {workspace for workspace in refused if workspace is not None}
    return places | directory.find_places(access, others - named.keys(), may_make=False)


def _judge(
    item: _Ready,
    place: ResolvedFeed,
    checks: EventValidator,
    now: datetime,
    counter: IssueCounter,
) -> tuple[NewEvent | None, _Slot | EventResult]:
    """Validate an event. Returns the event to write, if any, and its slot or outcome."""
    event, workspace = item.event, item.workspace
    findings = checks.issues(item.content, now=now)
    stopped = checks.stopped_by(findings)
    if stopped is None:
        return event, _Slot(place, event, workspace, findings)
    if checks.mode is ValidationMode.QUARANTINE:
        event = event.quarantined(stopped.rule)
        return event, _Slot(place, event, workspace, findings)
    # The event is not written, so its issues are counted here.
    note(counter, place, event, findings, now)
    refused = EventRefused.for_issue(stopped)
    return None, rejected(refused, workspace=workspace, message_id=event.message_id)


def _text(event: Mapping[str, Any], field: str) -> str:
    value = event.get(field)
    return value[:100] if isinstance(value, str) else ""
