"""Dry run: validate an event as ingest would, without sending or storing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from streams.catalog.plans.conformance import CompiledPlan
from streams.catalog.validation.event_validator import first_error
from streams.events.intake import (
    EventRefused,
    RequestFields,
    StreamFields,
    message_ids,
    prepare,
)
from streams.spec.check.check_text import look_at
from streams.spec.modes import ValidationMode
from streams.spec.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from streams.catalog.models import Stream
    from streams.catalog.plans.plan import TrackingPlan
    from streams.spec.issues import Issue


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
    findings: list[Issue]  # the Spec's, then the plan's
    fate: DryRunOutcome


class DryRun:
    """The rules of a stream, for dry runs."""

    def __init__(self, stream: Stream, plan: TrackingPlan | None) -> None:
        self._source = StreamFields(stream.slug, stream.version, stream.allow_anonymous)
        self._readings = stream.readings
        self._mode = ValidationMode(stream.check_mode)
        self._plan = CompiledPlan(plan) if plan else None

    def of(
        self, sent: bytes, *, now: datetime, context: Mapping[str, Any] | None = None
    ) -> DryRunResult:
        """Validate an event as ingest would; `context` is that of its batch.

        The Spec checks apply to the event as it was sent, so that every issue refers to
        its text; the plan checks apply to the event that Segment would get.
        """
        look = look_at(
            sent,
            readings=self._readings,
            now=now,
            allow_anonymous=self._source.allow_anonymous,
        )
        findings = look.findings
        if look.event is None or not look.is_sound:
            return DryRunResult(look.event, findings, DryRunOutcome.REFUSED)
        around = RequestFields(source=self._source, received_at=now, context=context)
        stamped = dict(look.event)
        try:
            prepare(stamped, around, ids=message_ids(1))
        except EventRefused as refused:
            rule = RULES[refused.rule]
            size = rule.finding(refused.path, refused.message, refused.fix)
            return DryRunResult(look.event, [size, *findings], DryRunOutcome.REFUSED)
        if self._plan is not None:
            findings = findings + self._plan.check(stamped)
        return DryRunResult(look.event, findings, self._fate(findings))

    def _fate(self, findings: Iterable[Issue]) -> DryRunOutcome:
        if first_error(findings) is None:
            return DryRunOutcome.SENT
        return _OF_ERRORS.get(self._mode, DryRunOutcome.SENT)


_OF_ERRORS = {
    ValidationMode.QUARANTINE: DryRunOutcome.QUARANTINED,
    ValidationMode.REJECT: DryRunOutcome.REJECTED,
}
