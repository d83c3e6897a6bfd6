"""Counts the issues of received events, for the pages that show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from streams.catalog.plans.plan import NAME_FIELDS
from streams.catalog.validation.rules import RULES
from streams.events.intake import EventRefused, column
from streams.observability.issues.redaction import sample_of
from streams.spec.calls import CALLS
from streams.spec.issues import Issue, Severity

if TYPE_CHECKING:
    from datetime import datetime

    from streams.events.log import NewEvent
    from streams.ingest.credentials.credential_cache import ResolvedFeed
    from streams.observability.issues.counter import IssueCounter

_decode = msgspec.json.Decoder().decode


def note(
    counter: IssueCounter,
    place: ResolvedFeed,
    event: NewEvent,
    findings: Sequence[Issue],
    at: datetime,
) -> None:
    """Count the issues of an event whose outcome is known."""
    # An event without a name is counted under its call.
    name = event.name or event.type
    sample = partial(_sample, event, place)
    counter.count(place.feed_id, name, findings, at=at, sample=sample)


def note_refused(
    counter: IssueCounter,
    place: ResolvedFeed,
    event: Mapping[str, Any],
    refused: EventRefused,
    at: datetime,
) -> None:
    """Count the error of an event that is rejected in every mode."""
    if refused.rule not in RULES:  # an error of the request, not of the event
        return
    finding = Issue(
        refused.rule, Severity.ERROR, refused.path, refused.message, refused.fix
    )
    call = event.get("type")
    call = call if isinstance(call, str) and call in CALLS else ""
    name = column(event.get(NAME_FIELDS.get(call, ""))) or call
    counter.count(
        place.feed_id, name, [finding], at=at, sample=partial(sample_of, dict(event))
    )


def _sample(event: NewEvent, place: ResolvedFeed) -> str:
    checks = place.checks
    hidden = checks.hidden(event.type, event.name) if checks else frozenset()
    return sample_of(_decode(event.payload), hidden)
