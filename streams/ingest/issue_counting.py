"""The issues of received events, as the pages that show them count them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from streams.catalog.plans.plan import NAME_FIELDS
from streams.catalog.validation.rules import RULES
from streams.events.event_preparation import EventRefused, column
from streams.observability.issues.redaction import sample_of
from streams.spec.call_structure import CALLS
from streams.spec.issues import Issue, Severity

if TYPE_CHECKING:
    from datetime import datetime

    from streams.events.log import NewEvent
    from streams.ingest.credentials.credential_cache import ResolvedFeed
    from streams.observability.issues.counter import IssueCounter

_decode = msgspec.json.Decoder().decode


class EventIssues(msgspec.Struct, frozen=True):
    """The issues of one event, which are counted once its result is known."""

    feed_id: int
    name: str  # of the event; of its call if it has none
    issues: Sequence[Issue]
    sample: Callable[[], str]  # the event without its values

    def count(self, counter: IssueCounter, *, at: datetime) -> None:
        counter.count(self.feed_id, self.name, self.issues, at=at, sample=self.sample)


def issues_of(
    event: NewEvent, issues: Sequence[Issue], feed: ResolvedFeed
) -> EventIssues:
    """Return the issues of an event that could be read."""
    sample = partial(_sample, event, feed)
    return EventIssues(feed.feed_id, event.name or event.type, issues, sample)


def issues_of_refused(
    event: Mapping[str, Any], refused: EventRefused, feed: ResolvedFeed
) -> EventIssues | None:
    """Return the error of an event that is rejected in every mode.

    None if it is an error of the request and not of the event.
    """
    if refused.rule not in RULES:
        return None
    issue = Issue(
        refused.rule, Severity.ERROR, refused.path, refused.message, refused.fix
    )
    call = event.get("type")
    call = call if isinstance(call, str) and call in CALLS else ""
    name = column(event.get(NAME_FIELDS.get(call, ""))) or call
    return EventIssues(feed.feed_id, name, [issue], partial(sample_of, dict(event)))


def _sample(event: NewEvent, feed: ResolvedFeed) -> str:
    validator = feed.validator
    hidden = validator.hidden(event.type, event.name) if validator else frozenset()
    return sample_of(_decode(event.payload), hidden)
