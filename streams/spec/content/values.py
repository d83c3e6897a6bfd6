"""Check values that have the right type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streams.spec.content.currencies import CURRENCIES
from streams.spec.content.value_specs import UnplacedIssue
from streams.spec.rules import RULES
from streams.spec.timestamps import parse_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.spec.content.value_specs import ValueCheck
    from streams.spec.issues import Rule
    from streams.spec.spec_data import SpecField

LONGEST_CATEGORY = 34  # characters of the ID of a consent category
LONGEST_GROUP_ID = 500  # characters, the limit of Segment's Unify

LONG_GROUP_ID = UnplacedIssue(
    RULES["SPEC-SIZE-003"],
    f"{{path}} has more than {LONGEST_GROUP_ID} characters. Segment's Unify drops the event.",
    "Send the account ID from your customer's database.",
)
_NO_GROUP_ID = UnplacedIssue(
    RULES["SPEC-SIZE-003"],
    "{path} is empty. Segment's Unify drops the event.",
    "Send the account ID, or omit it.",
)
_NO_CURRENCY = UnplacedIssue(
    RULES["SPEC-MONEY-001"],
    "{path} is not an ISO 4217 currency code.",
    'Send a code of three capital letters, such as "USD" or "EUR".',
)
_NO_CATEGORY = UnplacedIssue(
    RULES["SPEC-CONSENT-002"],
    "{path}.categoryPreferences is empty. Segment then sends the event to no destination that"
    " has a consent category.",
    "Omit consent, or send the person's choice for each category.",
)
_BAD_CATEGORY = UnplacedIssue(
    RULES["SPEC-CONSENT-003"],
    "{path}.categoryPreferences has a category that Segment can't have: an ID is shorter than"
    f" {LONGEST_CATEGORY + 1} characters and doesn't start with a digit.",
    "Send the IDs of the categories in Segment. Case matters.",
)
_CATEGORY = re.compile(rf"[^0-9].{{0,{LONGEST_CATEGORY - 1}}}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class OneOf:
    """Checks that a string is one of the choices."""

    choices: frozenset[str]
    issue: UnplacedIssue  # for other strings

    def __call__(self, text: str) -> UnplacedIssue | None:
        return None if text in self.choices else self.issue


def wanted_value(one: SpecField, rule: Rule, docs: str = "") -> ValueCheck | None:
    """Return the check of a field's values beyond their type, or None."""
    if one.path.rsplit(".", 1)[-1] == "currency":
        return OneOf(CURRENCIES, _NO_CURRENCY)
    if one.type == "date":
        issue = UnplacedIssue(
            rule,
            "{path} is not an ISO 8601 date.",
            'Send a date such as "2026-11-23" or "2026-11-23T10:00:00Z".',
            docs,
        )
        return lambda text: issue if parse_time(text) is None else None
    if one.type == "integer":
        part = UnplacedIssue(
            rule, "{path} is not an integer.", "Send an integer.", docs
        )
        return lambda number: part if number % 1 else None
    if one.enum:
        fix = f"Send one of: {', '.join(one.enum)}."
        unknown = UnplacedIssue(
            RULES["SPEC-PROPERTY-002"],
            "{path} is not one of the values in the Spec.",
            fix,
            docs,
        )
        return OneOf(frozenset(one.enum), unknown)
    return None


def consent(content: Mapping[str, Any]) -> UnplacedIssue | None:
    """Return the trap in a consent of the right types, if there is one."""
    preferences = content.get("categoryPreferences")
    if type(preferences) is not dict:
        return None
    if not preferences:
        return _NO_CATEGORY
    if all(_CATEGORY.fullmatch(category) for category in preferences):
        return None
    return _BAD_CATEGORY


def group_id(text: str) -> UnplacedIssue | None:
    if not text:
        return _NO_GROUP_ID
    return LONG_GROUP_ID if len(text) > LONGEST_GROUP_ID else None
