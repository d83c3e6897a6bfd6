"""The filters of the list of events, as plain values: pages show them, exports store them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from streams.base.msgspec_types import prepared
from streams.delivery.outcome_search import EventOutcome, spans_of
from streams.events.search import scan
from streams.events.search.event_filter import EventFilter
from streams.events.search.payload_condition import content_conditions
from streams.observability.issues.rule_search import breaking

if TYPE_CHECKING:
    from streams.events.models import Feed
    from streams.events.search.scan import EventPage


@prepared
@dataclass(frozen=True, slots=True, kw_only=True)
class EventSearch:
    """What to find; an empty field matches everything."""

    outcome: EventOutcome | None = None
    type: str = ""
    name: str = ""  # the start of the name, case-insensitive
    user_id: str = ""
    message_id: str = ""
    anonymous_id: str = ""
    email: str = ""  # in the traits
    rule: str = ""  # the ID of a rule that the event breaks
    property: str = ""  # such as `properties.plan = pro`
    since: datetime | None = None  # received at that time or later
    until: datetime | None = None  # received before

    def page(
        self,
        feed: Feed,
        *,
        before: int | None,
        limit: int,
        budget_s: float,
        payloads: bool = False,
    ) -> EventPage:
        """Return one step of the search, as events.search.scan.page does."""
        return scan.page(
            feed,
            before=before,
            filters=self.filter(feed),
            spans=spans_of(feed, self.outcome) if self.outcome else None,
            limit=limit,
            budget_s=budget_s,
            payloads=payloads,
        )

    def filter(self, feed: Feed) -> EventFilter:
        """Return the filter of the feed's events, without the outcome."""
        return EventFilter(
            name=self.name,
            type=self.type,
            user_id=self.user_id,
            message_id=self.message_id,
            since=self.since,
            until=self.until,
            content=tuple(
                content_conditions(
                    anonymous_id=self.anonymous_id,
                    email=self.email,
                    property_text=self.property,
                )
            ),
            rule=breaking(feed, self.rule) if self.rule else None,
        )
