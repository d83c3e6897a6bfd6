"""Check fields outside of an event's content: misnamed fields and group IDs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streams.spec.content.key_spelling import snake_case
from streams.spec.content.values import LONG_GROUP_ID, LONGEST_GROUP_ID
from streams.spec.rules import RULES
from streams.spec.spec_data import DOCS, SPEC

if TYPE_CHECKING:
    from streams.spec.issues import Issue

# Used in examples of the Email Spec, although Segment's HTTP API ignores them.
_IN_EXAMPLES = {"action", "user_id"}


def _misnamed(wrong: str, right: str, docs: str = "") -> Issue:
    message = f"Segment ignores {wrong}. It calls this field {right}."
    if wrong in _IN_EXAMPLES:
        message += " Examples of the Email Spec are wrong about this."
    return RULES["SPEC-FIELD-001"].issue(
        wrong,
        message,
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
_TRAITS = RULES["SPEC-FIELD-002"].issue(
    "traits",
    "Segment reads traits only in identify and group calls. An example in its partner docs is"
    " wrong about this.",
    "Send them in context.traits.",
)
_LONG_GROUP_ID = LONG_GROUP_ID.at("groupId")


def check_fields(event: Mapping[str, Any], call: str, issues: list[Issue]) -> None:
    """Add the issues of the event's top-level fields."""
    if not _ALL_MISNAMED.isdisjoint(event):
        issues += [_MISNAMED[key] for key in event if key in _MISNAMED]
        options = event.get("options")
        if type(options) is dict and "providers" in options:
            issues.append(_PROVIDERS)
    if call in {"track", "page", "screen"}:
        if "traits" in event:
            issues.append(_TRAITS)
    elif call == "alias":
        issues += [_OF_ALIAS[key] for key in event if key in _OF_ALIAS]
    elif call == "group":
        group_id = event.get("groupId")
        if type(group_id) is str and len(group_id) > LONGEST_GROUP_ID:
            issues.append(_LONG_GROUP_ID)
