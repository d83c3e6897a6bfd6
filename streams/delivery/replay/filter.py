"""The range and the filter of a replay."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streams.events.event_preparation import COLUMN_LENGTH
from streams.events.search.event_filter import EventFilter
from streams.events.search.payload_condition import content_conditions

if TYPE_CHECKING:
    from datetime import datetime


MAX_SEQS = 1_000
MORE = ("seqs", "name_start", "message_id", "anonymous_id", "email", "property_is")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFilter:
    """Which events of a range to send; an empty field matches everything."""

    name: str = ""  # the full name
    type: str = ""
    user_id: str = ""
    rejected_only: bool = False  # only events that Segment rejected at first
    seqs: tuple[int, ...] = ()  # only these numbers; at most MAX_SEQS
    # As in the list of events:
    name_start: str = ""
    message_id: str = ""
    anonymous_id: str = ""
    email: str = ""  # in the traits
    property_is: str = ""  # such as `properties.plan = pro`

    @property
    def more(self) -> dict[str, object]:
        """The fields in MORE that are set. One column stores them all."""
        return {name: value for name in MORE if (value := getattr(self, name))}

    @property
    def search(self) -> EventFilter:
        """The conditions that are not equalities of columns. Raises InvalidProperty."""
        return EventFilter(
            name=self.name_start,
            message_id=self.message_id,
            content=tuple(
                content_conditions(
                    anonymous_id=self.anonymous_id,
                    email=self.email,
                    property_text=self.property_is,
                )
            ),
        )

    @property
    def columns(self) -> dict[str, str]:
        """The values that the columns of an event must have."""
        fields = {"name": self.name, "type": self.type, "user_id": self.user_id}
        # The columns are truncated, too (events/event_preparation.py).
        return {column: text[:COLUMN_LENGTH] for column, text in fields.items() if text}

    @property
    def takes_all(self) -> bool:
        return not (
            self.columns
            or self.rejected_only
            or self.seqs
            or self.search != EventFilter()
        )

    @property
    def is_list(self) -> bool:
        """Whether an index finds the events, however far apart they are."""
        return bool(self.seqs)

    @property
    def summary(self) -> str:
        """The filter for people: “Call: track · Event: Email Opened”."""
        conditions = []
        if self.type:
            conditions.append(_("Call: %(type)s") % {"type": self.type})
        if self.name:
            conditions.append(_("Event: %(name)s") % {"name": self.name})
        if self.user_id:
            conditions.append(_("userId: %(id)s") % {"id": self.user_id})
        if self.name_start:
            conditions.append(
                _("Event name starts with: %(name)s") % {"name": self.name_start}
            )
        if self.message_id:
            conditions.append(_("messageId: %(id)s") % {"id": self.message_id})
        if self.anonymous_id:
            conditions.append(_("anonymousId: %(id)s") % {"id": self.anonymous_id})
        if self.email:
            conditions.append(_("Person's email: %(email)s") % {"email": self.email})
        if self.property_is:
            text = _("Property: %(property)s")
            conditions.append(text % {"property": self.property_is})
        if self.seqs:
            text = ngettext(
                "%(n)s selected event", "%(n)s selected events", len(self.seqs)
            )
            conditions.append(text % {"n": f"{len(self.seqs):,}"})
        if self.rejected_only:
            conditions.append(_("Events that Segment rejected"))
        return " · ".join(conditions) or _("All events")

    @property
    def words(self) -> str:
        """The summary in English, for the activity log.

        That log can't be changed later, so it gets no value of an event's content, and no
        userId.
        """
        hidden = replace(
            self,
            user_id=self.user_id and "…",
            anonymous_id=self.anonymous_id and "…",
            email=self.email and "…",
            property_is=self.property_is and "…",
        )
        with translation.override("en"):
            return hidden.summary


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySelection:
    """A range and a filter. Events must match all bounds that are given."""

    first: int | None = None
    last: int | None = None
    since: datetime | None = None  # received then or later
    until: datetime | None = None  # received before
    since_trouble: bool = False  # received since the last delivery problem
    filter: ReplayFilter = field(default_factory=ReplayFilter)


@dataclass(frozen=True, slots=True)
class EventRange:
    """The events after `start` up to `end`."""

    start: int
    end: int

    @property
    def first(self) -> int:
        return self.start + 1

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchCount:
    """How many of the first `looked_at` events of a span match a filter."""

    events: int
    looked_at: int
    size: int

    @property
    def is_exact(self) -> bool:
        return self.looked_at == self.size
