"""How many issues an event of a list has, by the Spec and the plan as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from streams.catalog.validation.faults import faults_of
from streams.portal.workspace.annotated_json import TONES, counts

if TYPE_CHECKING:
    from streams.catalog.validation.event_validator import EventValidator
    from streams.events.models import Event


@dataclass(frozen=True, slots=True)
class IssueMark:
    """The issues of an event in words, as on its page, and the tone of the most severe."""

    text: str  # “1 error, 2 warnings”
    tone: str


def issue_mark(event: Event, validator: EventValidator | None) -> IssueMark | None:
    """Return the mark of a stored event with its payload; None: it has no issues."""
    if validator is None:  # the stream was just deleted
        return None
    content = msgspec.json.decode(bytes(event.payload))
    found = faults_of(validator.stored_issues(content, now=event.received_at))
    leading = [fault[0] for fault in found]
    if not leading:
        return None
    worst = min(leading, key=lambda issue: list(TONES).index(issue.severity))
    return IssueMark(", ".join(counts(leading)), TONES[worst.severity])
