from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from streams.base.msgspec_types import prepared

NO_RESPONSE = "none"
# Classes of status codes, by name.
CLASSES = {"2xx": (200, 299), "3xx": (300, 399), "4xx": (400, 499), "5xx": (500, 599)}


@prepared
@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFilter:
    """A filter for delivery attempts; empty fields match everything."""

    outcome: str = ""  # a Delivery.Outcome
    status: str = ""  # a status code, one of CLASSES, or NO_RESPONSE; else: matches all
    min_ms: int | None = None  # took at least that long
    error: str = ""  # the exact text
    since: datetime | None = None  # started at that time or later
    until: datetime | None = None  # started before

    @property
    def conditions(self) -> Q:
        """The conditions of the columns."""
        found = Q(**_status(self.status))
        if self.outcome:
            found &= Q(outcome=self.outcome)
        if self.min_ms is not None:
            found &= Q(duration_ms__gte=self.min_ms)
        if self.error:
            found &= Q(error=self.error)
        if self.since:
            found &= Q(started_at__gte=self.since)
        if self.until:
            found &= Q(started_at__lt=self.until)
        return found


def is_status(text: str) -> bool:
    """Whether a text is a status that the filter understands."""
    return text in {NO_RESPONSE, *CLASSES} or _is_code(text)


def _status(text: str) -> dict[str, object]:
    if text == NO_RESPONSE:
        return {"status_code": None}
    if text in CLASSES:
        return {"status_code__range": CLASSES[text]}
    return {"status_code": int(text)} if _is_code(text) else {}


def _is_code(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isdigit()
