"""Turns an event as sent into one that is ready to be written.

Errors affect only their own event, not the other events of a batch.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from streams.base.clock import iso_ms
from streams.events.log import NewEvent
from streams.events.people.identifiers import FIELD as PERSON
from streams.events.people.missing_user_id import MISSING_ID
from streams.spec.call_structure import CALLS, structure_issues
from streams.spec.consent import consent_issue
from streams.spec.content.empty_values import tidy
from streams.spec.decode.structure import (
    MAX_EVENT_BYTES,
    MalformedEvent,
    read_event,
    too_large,
)
from streams.spec.rules import RULES
from streams.spec.timestamps import parse_time

if TYPE_CHECKING:
    from streams.events.people.identifiers import IdentityRules
    from streams.events.people.waiting import PersonDigests
    from streams.spec.issues import Issue

COLUMN_LENGTH = 200  # characters of names and IDs in columns

_encode = msgspec.json.Encoder().encode


class EventRefused(ValueError):
    """The rejection of an event, with its reason."""

    def __init__(self, rule: str, message: str, fix: str, path: str = "") -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.fix = fix
        self.path = path

    @classmethod
    def for_issue(cls, issue: Issue) -> EventRefused:
        return cls(issue.rule, issue.message, issue.fix, issue.path)


@dataclass(frozen=True, slots=True)
class StreamFields:
    """The fields that a stream adds to its events, and its requirement for IDs."""

    slug: str
    version: str
    allow_anonymous: bool = False
    identity: IdentityRules | None = None  # None: userIds are not looked up


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFields:
    """The fields that apply to all events of a request."""

    source: StreamFields
    received_at: datetime
    sent_at: datetime | None = None
    context: Mapping[str, Any] | None = None
    integrations: Mapping[str, Any] | None = None
    received_at_text: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "received_at_text", iso_ms(self.received_at))


def read(sent: bytes) -> dict[str, Any]:
    """Decode an event as sent. Raises EventRefused."""
    try:
        return read_event(sent)
    except MalformedEvent as malformed:
        raise EventRefused.for_issue(malformed.issue) from None


def prepare(
    event: dict[str, Any],
    around: RequestFields,
    *,
    ids: Iterator[str],
    call: str | None = None,
) -> NewEvent:
    """Check a decoded event, and add our fields to it in place. Raises EventRefused.

    `call` is the type in the request's path. An event without a messageId gets the next of
    `ids`.
    """
    check(event, around, call=call)
    event.pop(PERSON, None)  # no one is looked up
    return complete(event, around, ids=ids)


def check(
    event: dict[str, Any],
    around: RequestFields,
    *,
    call: str | None = None,
    needs_id: bool = True,
) -> None:
    """Check the structure of a decoded event. Raises EventRefused.

    Removes empty values, and sets the type. With `needs_id=False`, the event may lack a
    userId.
    """
    if call is not None:
        if event.get("type") in (None, ""):
            event["type"] = call
        elif event["type"] != call:
            raise _other_call(call)
    allow_anonymous = around.source.allow_anonymous
    tidy(event, allow_anonymous=allow_anonymous)
    for issue in structure_issues(event, allow_anonymous=allow_anonymous):
        if needs_id or issue.rule != MISSING_ID:
            raise EventRefused.for_issue(issue)


def complete(
    event: dict[str, Any],
    around: RequestFields,
    *,
    ids: Iterator[str],
    person: PersonDigests = (),
    held_by: str = "",
) -> NewEvent:
    """Add our fields to an event that `check` accepted, in place. Raises EventRefused.

    `person` and `held_by` are those of the new event.
    """
    _stamp(event, around)
    if (
        around.context
        and "consent" in around.context  # `check` saw only the event's own
        and (issue := consent_issue(event["context"])) is not None
    ):
        raise EventRefused.for_issue(issue)
    if event.get("messageId") is None:
        event["messageId"] = next(ids)
    payload = _encode(event)
    if len(payload) > MAX_EVENT_BYTES:  # Segment's limit, including the added fields
        raise EventRefused.for_issue(too_large(len(payload)))
    return NewEvent(
        type=event["type"],
        name=column(event.get("event" if event["type"] == "track" else "name")),
        user_id=column(event.get("userId")),
        message_id=column(event["messageId"]),
        payload=payload,
        held_by=held_by,
        person=person,
        anonymous_id=column(event.get("anonymousId")),
    )


def message_ids(count: int) -> Iterator[str]:
    """Yield up to `count` random IDs of 32 digits.

    One call gets the random bytes for all, because a call per event would take a quarter
    of its whole processing time.
    """
    drawn = os.urandom(16 * count).hex()
    yield from (drawn[first : first + 32] for first in range(0, len(drawn), 32))


def _stamp(event: dict[str, Any], around: RequestFields) -> None:
    own_sent_at = event.pop("sentAt", None)
    event.pop("writeKey", None)
    event.pop("workspace", None)
    event["context"] = {
        **(around.context or {}),
        **(event.get("context") or {}),
        "integration": {"name": around.source.slug, "version": around.source.version},
    }
    if around.integrations:
        event["integrations"] = {
            **around.integrations,
            **(event.get("integrations") or {}),
        }
    event["receivedAt"] = around.received_at_text
    event["timestamp"] = _happened_at(event.get("timestamp"), own_sent_at, around)


def _happened_at(timestamp: str | None, sent_at: object, around: RequestFields) -> str:
    """Correct the timestamp by the error of the sender's clock, which `sentAt` shows.

    An invalid `sentAt` is ignored. It is never stored, because the request that delivers
    the event, possibly days later, has its own.
    """
    happened = parse_time(timestamp) if timestamp is not None else None
    if happened is None:
        return around.received_at_text
    sent = parse_time(sent_at) if isinstance(sent_at, str) else around.sent_at
    if sent is not None:
        try:  # noqa: SIM105 - `suppress` would take as long as the rest of the function
            happened += around.received_at - sent
        except OverflowError:
            pass  # out of the calendar, so no correction is possible
    return iso_ms(happened)


def column(value: object) -> str:
    """Fit a text into a column: truncated, and without NUL, which PostgreSQL rejects."""
    if not isinstance(value, str):
        return ""
    text = value[:COLUMN_LENGTH]
    return text.replace("\0", "�") if "\0" in text else text


def _other_call(call: str) -> EventRefused:
    return EventRefused.for_issue(
        RULES["SPEC-TYPE-002"].issue(
            "type",
            f"The event's type is not {call}, the type in the request's path.",
            f"Send it to the path of its own type, or omit type. Types: {', '.join(CALLS)}.",
        )
    )
