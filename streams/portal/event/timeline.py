"""An event's way to Segment, step by step: only what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.delivery.models import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from streams.events.models import Event


# From the receipt of an event until it is queued, at most (ingest/app.py). Only quarantine
# takes longer.
INGEST_TAKES = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step; `at` is None if it has not happened yet, or its time is not stored."""

    name: str
    detail: str = ""
    at: datetime | None = None
    took: timedelta | None = None  # since the step before
    tone: str = ""  # good, bad, warn; empty: not yet
    attempt: Delivery | None = None


def timeline(
    event: Event,
    attempts: Sequence[Delivery],
    *,
    arrived_at: datetime | None,
    is_sent: bool,
) -> list[Step]:
    """Return the steps of an event; `attempts` are all that contained it, newest first.

    `arrived_at` is the `receivedAt` of the event. `is_sent` says whether nothing more will happen to
    it. The issues that it had when it was checked aren't stored.
    """
    queued = event.received_at
    steps = [*_arrived(event, min(arrived_at or queued, queued))]
    if attempts:
        steps += _attempted(queued, attempts)
    elif is_sent:
        detail = _("The attempt is past its retention period.")
        steps.append(Step(name=_("Sent"), detail=detail, tone="good"))
    else:
        steps += [
            Step(name=_("Sent"), detail=_("Not yet")),
            Step(name=_("Responded"), detail=_("Not yet")),
        ]
    return steps


def _arrived(event: Event, received: datetime) -> Iterator[Step]:
    queued = event.received_at
    yield Step(name=_("Received"), at=received, tone="good")
    yield Step(name=_("Checked"), at=received, tone="good")
    if queued - received > INGEST_TAKES:
        yield Step(
            name=_("Released"),
            detail=_("It waited in quarantine until then."),
            at=queued,
            took=_between(received, queued),
            tone="good",
        )
    number = _("Event number %(number)s") % {"number": f"{event.seq:,}"}
    yield Step(name=_("Queued"), at=queued, detail=number, tone="good")


def _attempted(queued: datetime, attempts: Sequence[Delivery]) -> Iterator[Step]:
    last, first = attempts[0], attempts[-1]
    count = len(attempts)
    yield Step(
        name=_("Sent"),
        at=first.started_at,
        took=_between(queued, first.started_at),
        tone="good",
        attempt=first,
    )
    if count > 1:
        detail = ngettext("%(count)s attempt", "%(count)s attempts", count)
        yield Step(
            name=_("Last attempt"),
            detail=detail % {"count": count},
            at=last.started_at,
            took=_between(first.started_at, last.started_at),
            tone="good",
            attempt=last,
        )
    duration = timedelta(milliseconds=last.duration_ms)
    yield Step(
        name=_("Responded") if last.status_code else _("No response"),
        detail=str(last.status_code or last.error),
        at=last.started_at + duration,
        took=duration,
        tone=_TONES.get(last.outcome, "bad"),
        attempt=last,
    )


_TONES: dict[str, str] = {
    Delivery.Outcome.DELIVERED: "good",
    Delivery.Outcome.RETRY: "warn",
    Delivery.Outcome.SPLIT: "warn",
}


def _between(earlier: datetime, later: datetime) -> timedelta:
    # The clocks of two machines differ.
    return max(later - earlier, timedelta(0))
