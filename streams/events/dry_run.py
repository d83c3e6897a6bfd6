"""Dry run: validate an event as ingest would, without sending or storing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from streams.catalog.plans.conformance import PlanChecks
from streams.catalog.validation import first_error
from streams.events.intake import Refused, Source, Surroundings, message_ids, prepare
from streams.spec.modes import Mode
from streams.spec.rules import RULES
from streams.spec.text.check_text import look_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from streams.catalog.models import Stream
    from streams.catalog.plans.plan import EventPlan
    from streams.spec.issues import Finding


class Fate(StrEnum):
    """The result that the event would have in the stream."""

    REFUSED = "refused"  # in every mode: Segment would lose it
    REJECTED = "rejected"
    QUARANTINED = "quarantined"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of the dry run of one event."""

    event: Mapping[str, Any] | None  # as it was sent; None: it is not readable
    findings: list[Finding]  # the Spec's, then the plan's
    fate: Fate


class Trial:
    """The rules of a stream, for dry runs."""

    def __init__(self, stream: Stream, plan: EventPlan | None) -> None:
        self._source = Source(stream.slug, stream.version, stream.allow_anonymous)
        self._readings = stream.readings
        self._mode = Mode(stream.check_mode)
        self._plan = PlanChecks(plan) if plan else None

    def of(
        self, sent: bytes, *, now: datetime, context: Mapping[str, Any] | None = None
    ) -> Verdict:
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
            return Verdict(look.event, findings, Fate.REFUSED)
        around = Surroundings(source=self._source, received_at=now, context=context)
        stamped = dict(look.event)
        try:
            prepare(stamped, around, ids=message_ids(1))
        except Refused as refused:
            rule = RULES[refused.rule]
            size = rule.finding(refused.path, refused.message, refused.fix)
            return Verdict(look.event, [size, *findings], Fate.REFUSED)
        if self._plan is not None:
            findings = findings + self._plan.check(stamped)
        return Verdict(look.event, findings, self._fate(findings))

    def _fate(self, findings: Iterable[Finding]) -> Fate:
        if first_error(findings) is None:
            return Fate.SENT
        return _OF_ERRORS.get(self._mode, Fate.SENT)


_OF_ERRORS = {Mode.QUARANTINE: Fate.QUARANTINED, Mode.REJECT: Fate.REJECTED}
