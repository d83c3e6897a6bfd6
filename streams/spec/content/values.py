"""Check values that have the right type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.spec.content.currencies import CURRENCIES
from streams.spec.content.value_specs import UnplacedIssue
from streams.spec.rules import RULES
from streams.spec.timestamps import parse_time

if TYPE_CHECKING:
    from streams.spec.content.value_specs import ValueCheck
    from streams.spec.issues import Rule
    from streams.spec.spec_data import SpecField

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


def group_id(text: str) -> UnplacedIssue | None:
    if not text:
        return _NO_GROUP_ID
    return LONG_GROUP_ID if len(text) > LONGEST_GROUP_ID else None
