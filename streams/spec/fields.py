"""Fields beside the content of an event: old and foreign names, times, a group's id."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from streams.spec.data import DOCS, SPEC
from streams.spec.keys import snake_case
from streams.spec.rules import RULES
from streams.spec.values import LONG_GROUP_ID, LONGEST_GROUP_ID

if TYPE_CHECKING:
    from streams.spec.findings import Finding

CLOCK_SKEW = timedelta(minutes=5)  # that a tool's clock may be ahead of ours
_FIRST_TIME = "1970-01-01"


# In the examples of the Email Spec, which its own HTTP API does not read.
_IN_EXAMPLES = {"action", "user_id"}


def _misnamed(wrong: str, right: str, docs: str = "") -> Finding:
    though = (
        ", though examples of its Email Spec have it" if wrong in _IN_EXAMPLES else ""
    )
    return RULES["SPEC-FIELD-001"].finding(
        wrong,
        f"Segment does not read {wrong}{though}; it calls this {right}.",
        f"Send it as {right}.",
        docs=docs and DOCS + docs,
    )


_MISNAMED = {
    snake_case(one.path): _misnamed(snake_case(one.path), one.path)
    for one in (
        *SPEC.common_fields,
        *(one for call in SPEC.calls for one in call.fields),
    )
    if snake_case(one.path) != one.path
} | {
    one.wrong: _misnamed(one.wrong, one.right, one.docs)
    for one in SPEC.field_corrections
    if "." not in one.wrong and not one.call and not one.within
}
_ALL_MISNAMED = frozenset(_MISNAMED)
_OF_ALIAS = {
    one.wrong: _misnamed(one.wrong, one.right, one.docs)
    for one in SPEC.field_corrections
    if one.call == "alias"
}
_PROVIDERS = _misnamed("options.providers", "integrations")
_TRAITS = RULES["SPEC-FIELD-002"].finding(
    "traits",
    "Segment reads traits in identify and group alone, though an example of its partner"
    " docs has them here.",
    "Send them in context.traits.",
)
_FUTURE = RULES["SPEC-TIME-002"].finding(
    "timestamp",
    "timestamp is in the future.",
    "Send when it happened, with its time zone, and set the clock of the machine.",
)
_TOO_OLD = RULES["SPEC-TIME-003"].finding(
    "timestamp",
    "timestamp is before 1970; Segment's Engage takes no such events.",
    "Send when it happened; a zero is no time.",
)
_LONG_GROUP_ID = LONG_GROUP_ID.at("groupId")


def look_at_fields(event: Mapping[str, Any], call: str, found: list[Finding]) -> None:
    """Add what stands at the top of the event and should not."""
    if not _ALL_MISNAMED.isdisjoint(event):
        found += [_MISNAMED[key] for key in event if key in _MISNAMED]
        options = event.get("options")
        if type(options) is dict and "providers" in options:
            found.append(_PROVIDERS)
    if call in {"track", "page", "screen"}:
        if "traits" in event:
            found.append(_TRAITS)
    elif call == "alias":
        found += [_OF_ALIAS[key] for key in event if key in _OF_ALIAS]
    elif call == "group":
        group_id = event.get("groupId")
        if type(group_id) is str and len(group_id) > LONGEST_GROUP_ID:
            found.append(_LONG_GROUP_ID)


def look_at_time(text: Any, now: datetime, found: list[Finding]) -> None:
    """Add what is wrong with a timestamp that can be read; another is not looked at."""
    if type(text) is not str:
        return
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment > now + CLOCK_SKEW:
        found.append(_FUTURE)
    elif text < _FIRST_TIME:
        found.append(_TOO_OLD)
