"""Why an event without a userId is refused, in the words of the stream's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streams.events.people.identifiers import FIELD, has_identifier
from streams.identity.identifiers import IdentifierKind
from streams.spec.rules import RULES

if TYPE_CHECKING:
    from streams.events.people.identifiers import IdentityRules
    from streams.spec.issues import Issue

MISSING_ID = "SPEC-ID-001"
SETTING = "“Look up missing userIds”"

# The fields of an event with each identifier, as the Ingest API guide lists them.
_FIELDS: Mapping[IdentifierKind, str] = {
    IdentifierKind.TOOL_ID: "person.id",
    IdentifierKind.EMAIL: "person.email",
    IdentifierKind.PHONE: "person.phone",
    IdentifierKind.ANONYMOUS_ID: "anonymousId",
    IdentifierKind.EXTERNAL_ID: "context.externalIds",
}


def reason(event: Mapping[str, Any], rules: IdentityRules | None) -> Issue | None:
    """Return why the userId of an event without one wasn't looked up.

    `rules` is None if the stream looks up no userIds. The result is None if the event is an
    alias, which always needs a userId, or names no person either.
    """
    if event.get("type") == "alias":
        return None
    if rules is not None:
        return _none_found(rules)
    return _LOOKUPS_OFF if FIELD in event or has_identifier(event) else None


def _none_found(rules: IdentityRules) -> Issue:
    fields = ", ".join(_FIELDS[kind] for kind in rules.order)
    return RULES[MISSING_ID].issue(
        "userId",
        "userId is missing, and the event has no valid identifier to look it up by. The stream"
        f" looks for: {fields}.",
        "Check the spelling and the values of these fields, or send the user ID from your"
        " customer's database. See /docs/guide/ingest/#events-without-a-userid.",
    )


_LOOKUPS_OFF = RULES[MISSING_ID].issue(
    "userId",
    "userId is missing, and the stream doesn't look up userIds by other identifiers.",
    f"Ask an admin of the partner to turn on {SETTING} in the stream's settings, or send the"
    " user ID from your customer's database.",
)
