"""Filters for events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q

from streams.events.event_preparation import COLUMN_LENGTH
from streams.events.search.payload_condition import UserIdIs, decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from typing import Any

    from streams.events.models import Event, QuarantinedEvent
    from streams.events.search.payload_condition import PayloadCondition


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCondition:
    """Events that break a rule, by the Spec and the plan as they are now."""

    names: frozenset[str]  # of events that may break it, or their calls; empty: any
    is_broken: Callable[
        [Mapping[str, Any], datetime], bool
    ]  # by event and receive time

    def prefilter(self) -> Q:
        """Return a condition for the database that all matching events meet."""
        names = sorted(self.names)
        return Q(name__in=names) | Q(name="", type__in=names) if names else Q()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """A filter for events; empty fields match everything."""

    name: str = ""  # the start of the name, case-insensitive
    type: str = ""
    user_id: str = ""
    message_id: str = ""
    since: datetime | None = None  # received at that time or later
    until: datetime | None = None  # received before
    content: tuple[PayloadCondition, ...] = ()
    rule: RuleCondition | None = None

    @property
    def reads_content(self) -> bool:
        """Whether the database alone can't decide, so `accepts` must."""
        return bool(self._content or self.rule)

    def accepts(self, event: Event | QuarantinedEvent) -> bool:
        """Whether an event that meets the `conditions` matches; reads its payload."""
        content = decoded(bytes(event.payload))
        if not all(condition.matches(content) for condition in self._content):
            return False
        return self.rule is None or self.rule.is_broken(content, event.received_at)

    def conditions(self) -> Iterator[Q]:
        """Yield the conditions for the database; all must hold."""
        if self.name:
            yield Q(name__istartswith=self.name[:COLUMN_LENGTH])
        if self.type:
            yield Q(type=self.type)
        if self.user_id:
            yield Q(user_id=self.user_id[:COLUMN_LENGTH])
        if self.message_id:
            yield Q(message_id=self.message_id)
        if self.since:
            yield Q(received_at__gte=self.since)
        if self.until:
            yield Q(received_at__lt=self.until)
        if self.rule:
            yield self.rule.prefilter()
        for condition in self._content:
            yield condition.prefilter()

    @property
    def _content(self) -> tuple[PayloadCondition, ...]:
        # The column is truncated, so a long ID needs the payload.
        is_long = len(self.user_id) >= COLUMN_LENGTH
        return (UserIdIs(self.user_id), *self.content) if is_long else self.content
