"""Decides about one event: stored, and in which feed, or refused. Without a database."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from streams.base.request_errors import RequestRefused
from streams.events.event_preparation import EventRefused, RequestFields, prepare, read
from streams.events.people.identifiers import FIELD
from streams.events.people.missing_user_id import MISSING_ID, reason
from streams.ingest.commit.backpressure import RETRY_AFTER_S
from streams.ingest.credentials.credential_cache import ResolvedFeed
from streams.ingest.http.responses import EventResult, put_off, rejected, throttled
from streams.ingest.issue_counting import EventIssues, issues_of, issues_of_refused
from streams.ingest.people.person_events import (
    PersonEvent,
    identify,
    person_event,
    without_feed,
)
from streams.ingest.workspaces.resolution import (
    check_key,
    unknown_workspace,
    workspace_of,
)
from streams.spec.identity_rules import UNRESOLVED
from streams.spec.validation_modes import ValidationMode

if TYPE_CHECKING:
    from datetime import datetime

    from streams.catalog.validation.event_validator import EventValidator
    from streams.events.log import NewEvent
    from streams.ingest.credentials.credential_cache import CredentialAccess
    from streams.ingest.people.lookup import Resolution
    from streams.spec.issues import Issue

# Structs, because a frozen dataclass takes ten times as long to create.


class ParsedEvent(msgspec.Struct, frozen=True):
    """A well-formed event and its workspace."""

    event: NewEvent
    workspace: str  # its external ID; empty for an ingest key
    content: Mapping[str, Any]  # the payload for Segment, decoded
    lookup: int | None = None  # of its userId, as in people.person_events.Identified
    issues: Sequence[Issue] = ()  # with the person
    person: object = None  # the field as sent, which is not in `content`


class InvalidEvent(msgspec.Struct, frozen=True):
    """An event that is rejected in every mode, as far as it could be read."""

    result: EventResult
    refused: EventRefused
    content: Mapping[str, Any]
    workspace: str | None  # None: it has none


class StoredEvent(msgspec.Struct, frozen=True):
    """An event to store in a feed, and its issues."""

    feed: ResolvedFeed
    event: NewEvent
    workspace: str
    issues: Sequence[Issue] = ()
    lookup: int | None = None  # of its userId, as in people.person_events.Identified


class RefusedEvent(msgspec.Struct, frozen=True):
    """An event that is not stored."""

    result: EventResult
    issues: EventIssues | None = None
    retry: RequestRefused | None = None  # set if the event is valid, and only too early
    unresolved_in: int | None = None  # the feed whose identity map lacks its userId
    suppressed_in: int | None = None  # the feed in which its person is suppressed


def parse(
    sent: bytes,
    access: CredentialAccess,
    fields: RequestFields,
    *,
    call: str | None,
    ids: Iterator[str],
) -> ParsedEvent | PersonEvent | InvalidEvent:
    """Read an event, and complete it with the fields of its request.

    A PersonEvent is completed later, by `identified`.

    `call` is that of the path, and `ids` has a messageId for an event without one.
    """
    event: dict[str, Any] = {}
    workspace = "" if access.feed else None
    try:
        event = read(sent)
        workspace = workspace_of(event, access)
        check_key(event, access)
        sent_person = event.get(FIELD)
        rules = fields.source.identity
        if rules is not None:
            person = person_event(event, workspace, fields, rules, call=call)
            if person is not None:
                return person
        prepared = prepare(event, fields, ids=ids, call=call)
        return ParsedEvent(prepared, workspace, event, person=sent_person)
    except EventRefused as refused:
        why = (
            reason(event, fields.source.identity)
            if refused.rule == MISSING_ID
            else None
        )
        known = EventRefused.for_issue(why) if why else refused
        return _invalid(event, known, access, workspace)


def identified(
    item: PersonEvent,
    found: Resolution | None,
    feed_id: int,
    access: CredentialAccess,
    fields: RequestFields,
    *,
    ids: Iterator[str],
) -> ParsedEvent | InvalidEvent:
    """Complete an event once its person was looked up; None: it has no feed."""
    event, rules = item.content, fields.source.identity
    try:
        if found is None or rules is None:
            done = without_feed(item, fields, ids=ids)
        else:
            done = identify(item, found, feed_id, fields, rules, ids=ids)
    except EventRefused as refused:
        return _invalid(event, refused, access, item.workspace)
    return ParsedEvent(
        done.event, item.workspace, event, done.lookup, done.issues, item.person
    )


def _invalid(
    event: Mapping[str, Any],
    refused: EventRefused,
    access: CredentialAccess,
    workspace: str | None,
) -> InvalidEvent:
    named = "" if access.feed else _text(event, "workspace")
    message_id = _text(event, "messageId")
    result = rejected(refused, workspace=named, message_id=message_id)
    return InvalidEvent(result, refused, event, workspace)


def decide(
    event: ParsedEvent | InvalidEvent,
    feed: ResolvedFeed | RequestRefused | None,
    *,
    full_feeds: Container[int],
    now: datetime,
) -> StoredEvent | RefusedEvent:
    """Decide about an event whose workspace has this feed.

    `feed` is None if there is no workspace, and a refusal if it can only be created later.
    """
    if isinstance(event, InvalidEvent):
        if not isinstance(feed, ResolvedFeed):
            return RefusedEvent(event.result)
        issues = issues_of_refused(event.content, event.refused, feed)
        is_unresolved = event.refused.rule == UNRESOLVED.id
        unresolved_in = feed.feed_id if is_unresolved else None
        return RefusedEvent(event.result, issues, unresolved_in=unresolved_in)
    if feed is None:
        return RefusedEvent(_rejected(event, unknown_workspace(event.workspace)))
    if isinstance(feed, RequestRefused):
        return _put_off(event, feed)
    if feed.feed_id in full_feeds:
        return _put_off(event, throttled(retry_after_s=RETRY_AFTER_S))
    if feed.validator is None:
        person = event.issues if event.event.held_by else ()
        return StoredEvent(feed, event.event, event.workspace, person, event.lookup)
    return _validate(event, feed, feed.validator, now)


def _validate(
    item: ParsedEvent, feed: ResolvedFeed, validator: EventValidator, now: datetime
) -> StoredEvent | RefusedEvent:
    event = item.event
    found = validator.issues(item.content, now=now)
    issues = [*found, *item.issues]
    # An event that waits is released later. No one has to decide about its person.
    stopped_by = validator.stopped_by(found if event.held_by else issues)
    if stopped_by is None:
        return StoredEvent(feed, event, item.workspace, issues, item.lookup)
    if validator.mode is ValidationMode.QUARANTINE:
        event = event.quarantined(stopped_by.rule)
        return StoredEvent(feed, event, item.workspace, issues, item.lookup)
    result = _rejected(item, EventRefused.for_issue(stopped_by))
    return RefusedEvent(result, issues_of(event, issues, feed))


def _rejected(item: ParsedEvent, refused: EventRefused) -> EventResult:
    message_id = item.event.message_id
    return rejected(refused, workspace=item.workspace, message_id=message_id)


def _put_off(item: ParsedEvent, retry: RequestRefused) -> RefusedEvent:
    message_id = item.event.message_id
    result = put_off(retry, workspace=item.workspace, message_id=message_id)
    return RefusedEvent(result, retry=retry)


def _text(event: Mapping[str, Any], field: str) -> str:
    value = event.get(field)
    return value[:100] if isinstance(value, str) else ""
