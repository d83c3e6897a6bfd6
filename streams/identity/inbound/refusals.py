"""Why an event from Segment is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from streams.base.request_errors import RequestRefused
    from streams.identity.user_ids import UserIdProblem


class EventRefusal(NamedTuple):
    """The reason, for people and for programs. It contains no value of the event."""

    rule: str  # never changes once published, because programs depend on it
    message: str
    fix: str


_WHOLE_EVENT = "In Segment, leave the mapping's Data field at its default, which is the whole event."
NOT_AN_OBJECT = EventRefusal(
    "INBOUND-EVENT-001", "The event is not a JSON object.", _WHOLE_EVENT
)
NO_TYPE = EventRefusal(
    "INBOUND-EVENT-002", "The event has none of Segment's types.", _WHOLE_EVENT
)
MALFORMED = EventRefusal(
    "INBOUND-EVENT-003",
    "The event can't be read.",
    "Send the event as Segment delivered it, without building the JSON again.",
)
SPLIT_CHARACTER = EventRefusal(
    "INBOUND-EVENT-004",
    "The userId contains half of a character (a lone surrogate such as \\ud800).",
    "Don't split strings within a character, such as an emoji.",
)
NO_PERSON = EventRefusal(
    "INBOUND-EVENT-005",
    "The event to delete or suppress a person names no one.",
    "Send its userId, or identifiers such as an anonymousId.",
)
TOO_MANY_IDENTIFIERS = EventRefusal(
    "INBOUND-EVENT-006",
    "The events before this one in the request have too many identifiers.",
    "Set a smaller batch size in the mapping, such as 1,000.",
)


def refusal_of(problem: UserIdProblem) -> EventRefusal:
    """Return the refusal of an event whose userId has this problem."""
    return EventRefusal(problem.rule, str(problem.message), str(problem.fix))


def request_refusal(refused: RequestRefused) -> EventRefusal:
    """Return the reason why a request was refused, to show at its address."""
    return EventRefusal(refused.code, refused.message, refused.fix)
