"""Dry run: validate an event as ingest would, without sending or storing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from streams.catalog.plans.conformance import CompiledPlan
from streams.catalog.validation.event_validator import first_error
from streams.catalog.validation.portal_test_event import is_connection_test
from streams.events.event_preparation import (
    EventRefused,
    RequestFields,
    StreamFields,
    message_ids,
    prepare,
)
from streams.events.people.identifiers import (
    FIELD,
    IdentityRules,
    has_user_id,
    identifiers_of,
)
from streams.events.people.missing_user_id import MISSING_ID, reason
from streams.spec.check.check_text import check_as_sent
from streams.spec.decode.structure import MalformedEvent, read_event
from streams.spec.identity_rules import UNRESOLVED
from streams.spec.issues import Issue, Severity
from streams.spec.rules import RULES
from streams.spec.validation_modes import ValidationMode

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from streams.catalog.models import Stream
    from streams.catalog.plans.plan import TrackingPlan
    from streams.events.models import Event

_encode = msgspec.json.Encoder().encode


class DryRunOutcome(StrEnum):
    """The result that the event would have in the stream."""

    REFUSED = "refused"  # in every mode: Segment would lose it
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class DryRunResult:
    """The result of the dry run of one event."""

    event: Mapping[str, Any] | None  # as it was sent; None: it is not readable
    issues: list[Issue]  # the Spec's, then the plan's
    outcome: DryRunOutcome


class DryRun:
    """The rules of a stream, for dry runs."""

    def __init__(self, stream: Stream, plan: TrackingPlan | None) -> None:
        self._source = StreamFields(stream.slug, stream.version, stream.allow_anonymous)
        self._readings = stream.spec_exceptions
        self._mode = ValidationMode(stream.check_mode)
        self._plan = CompiledPlan(plan) if plan else None
        self._identity = IdentityRules.of(stream) if stream.identify_by else None

    def of(
        self, sent: bytes, *, now: datetime, context: Mapping[str, Any] | None = None
    ) -> DryRunResult:
        """Validate an event as ingest would; `context` is that of its batch.

        The Spec checks apply to the event as it was sent, so that every issue refers to
        its text; the plan checks apply to the event that Segment would get. An event whose
        userId would be looked up is checked as if it were found.
        """
        found = self._with_user_id(sent)
        result = check_as_sent(
            found or sent,
            readings=self._readings,
            now=now,
            allow_anonymous=self._source.allow_anonymous,
        )
        if found:
            result = replace(result, event=read_event(sent))
        issues = [*([LOOKED_UP] if found else []), *result.issues]
        if result.event is None or not result.is_valid:
            issues = [self._explained(issue, result.event) for issue in issues]
            return DryRunResult(result.event, issues, DryRunOutcome.REFUSED)
        around = RequestFields(source=self._source, received_at=now, context=context)
        stamped = read_event(found) if found else dict(result.event)
        try:
            prepare(stamped, around, ids=message_ids(1))
        except EventRefused as refused:
            rule = RULES[refused.rule]
            size = rule.issue(refused.path, refused.message, refused.fix)
            return DryRunResult(result.event, [size, *issues], DryRunOutcome.REFUSED)
        if self._plan is not None:
            issues = issues + self._plan.check(stamped)
        return DryRunResult(result.event, issues, self._outcome(issues))

    def _explained(self, issue: Issue, event: Mapping[str, Any] | None) -> Issue:
        if issue.rule != MISSING_ID or event is None:
            return issue
        return reason(event, self._identity) or issue

    def _with_user_id(self, sent: bytes) -> bytes:
        """Return an event as if its userId were found; empty: none is looked up."""
        if self._identity is None:
            return b""
        try:
            event = read_event(sent)
        except MalformedEvent:
            return b""
        is_alias = event.get("type") == "alias"
        if is_alias or has_user_id(event) or not identifiers_of(event, self._identity):
            return b""
        event.pop(FIELD, None)
        return _encode({**event, "userId": "looked-up"})

    def _outcome(self, issues: Iterable[Issue]) -> DryRunOutcome:
        if first_error(issues) is None:
            return DryRunOutcome.SENT
        return _OF_ERRORS.get(self._mode, DryRunOutcome.SENT)


def check_stored(event: Event, stream: Stream) -> DryRunResult:
    """Check a stored event by the current plan, at the time when it was received.

    The portal's test event is checked by the Spec only.
    """
    version = stream.plan_versions.published().first()
    payload = bytes(event.payload)
    is_planned = not is_connection_test(msgspec.json.decode(payload))
    dry_run = DryRun(stream, version.plan if version and is_planned else None)
    return dry_run.of(payload, now=event.received_at)


LOOKED_UP = Issue(
    UNRESOLVED.id,
    Severity.HINT,
    "userId",
    "userId is missing. At ingest, the portal looks it up in the workspace's identity map.",
    "Check how the stream handles events of people whose userId isn't known.",
    UNRESOLVED.docs,
)

_OF_ERRORS = {
    ValidationMode.QUARANTINE: DryRunOutcome.QUARANTINED,
    ValidationMode.REJECT: DryRunOutcome.REJECTED,
}
