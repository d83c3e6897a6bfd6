from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils import formats, timezone

if TYPE_CHECKING:
    from datetime import datetime

    from streams.delivery.event_status import EventState

FORMAT = "j M Y, H:i:s T"  # of all times in explanations and on the page of an event


class Cause(StrEnum):
    """The reason for the state of an event."""

    DELIVERED = "delivered"
    KEY_UNKNOWN = "key_unknown"  # accepted by Segment, but probably dropped
    REJECTED = "rejected"
    RECOVERED = "recovered"
    BEFORE_CONNECTION = "before_connection"
    ERASED = "erased"  # with the other data of its person
    QUEUE_SKIPPED = "queue_skipped"  # by a person
    LEFT_UNSENT = "left_unsent"  # by an earlier connection
    NOT_CONNECTED = "not_connected"
    PAUSED = "paused"
    KEY_REFUSED = "key_refused"
    NEEDS_ATTENTION = "needs_attention"
    HALTED = "halted"
    SUSPENDED = "suspended"
    AWAITING_APPROVAL = "awaiting_approval"
    WAITING_FOR_OPERATOR = "waiting_for_operator"
    RETRYING = "retrying"
    IN_FLIGHT = "in_flight"  # first in line, or behind other events


@dataclass(frozen=True, slots=True)
class Action:
    """The one action that helps: a link to a page of the portal, or a button."""

    label: str
    page: str  # the name of its URL in the portal; `query` has its parameters
    query: dict[str, int] = field(default_factory=dict)
    is_post: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why an event is in its state."""

    state: EventState
    cause: Cause
    label: str  # a few words, for lists
    tone: str  # good, busy, warn, bad, or empty: the colors of badges
    reason: str  # one sentence
    warning: str = ""  # another sentence, if the event expires soon
    next_attempt_at: datetime | None = None  # only while retrying
    action: Action | None = None  # for people who may edit the workspace


def said_at(moment: datetime) -> str:
    """Format a time in the reader's zone, with the name of the zone."""
    return formats.date_format(timezone.localtime(moment), FORMAT)
