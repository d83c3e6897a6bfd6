"""Parts of the guides that are generated from the code, so that they are never stale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from django.utils.text import capfirst

from streams.base.text.markdown_writer import code, literal, table
from streams.catalog.plans.rules import RULES as PLAN_RULES
from streams.docs.guides.settings_reference import commands, settings_tables
from streams.publishing.sending_sections import (
    CONNECT_PICTURE,
    TEST_PICTURE,
    picture,
    region_table,
    retries,
)
from streams.publishing.troubleshooting import rule_table, symptoms
from streams.sign_in.sign_in_limits import LIMITS
from streams.spec.call_structure import BATCH_PATHS, CALLS, Call
from streams.spec.identity_rules import RULES as IDENTITY_RULES
from streams.spec.rules import RULES as SPEC_RULES
from streams.spec.rules import is_always_rejected
from streams.spec.spec_exceptions import READINGS
from streams.tenancy.invitation_sending import LIMITS as INVITATION_LIMITS

if TYPE_CHECKING:
    from streams.spec.issues import Rule


def paths() -> str:
    """Return a table of the paths that accept events."""
    singles = [
        [_paths(call.name, call.letter), f"One `{call.name}` event"]
        for call in CALLS.values()
    ]
    batch = _paths(*sorted(BATCH_PATHS, key=len, reverse=True))
    return table(
        ["Path", "Body"], [*singles, [batch, "A list of events under `batch`"]]
    )


def calls() -> str:
    """Return a table of the required and optional fields of each call."""
    return table(
        ["Call", "Required", "Optional"],
        (
            [code(call.name), _required(call), _optional(call)]
            for call in CALLS.values()
        ),
    )


def rules_refused() -> str:
    """Return a table of the rules that reject an event in every validation mode."""
    refused = (rule for rule in SPEC_RULES.values() if is_always_rejected(rule.id))
    return rule_table(refused)


def rules_names() -> str:
    """Return a table of the other rules about event names."""
    return rule_table(rule for rule in _rules_by_mode() if _is_of_name(rule))


def rules_contents() -> str:
    """Return a table of the other rules about the content of an event."""
    return rule_table(rule for rule in _rules_by_mode() if not _is_of_name(rule))


def rules_plan() -> str:
    """Return a table of the rules that compare an event with the plan."""
    return rule_table(PLAN_RULES.values())


def rules_identity() -> str:
    """Return a table of the rules about the person of an event."""
    return rule_table(IDENTITY_RULES.values())


def readings() -> str:
    """Return a table of the Spec exceptions that a stream can accept."""
    return table(
        ["Exception", "Reason"],
        (
            [literal(reading.title), literal(reading.why)]
            for reading in READINGS.values()
        ),
    )


def sign_in_limits() -> str:
    """Return a table of the limits on sign-ins, and on the emails that users can cause."""
    return table(
        ["Limit on", "Value"],
        (
            [literal(capfirst(limit.counts)), str(limit)]
            for limit in (*LIMITS, *INVITATION_LIMITS)
        ),
    )


def _rules_by_mode() -> list[Rule]:
    return [rule for rule in SPEC_RULES.values() if not is_always_rejected(rule.id)]


def _is_of_name(rule: Rule) -> bool:
    return rule.id.startswith("SPEC-NAME-")


def _paths(*names: str) -> str:
    return ", ".join(code(f"/v1/{name}") for name in names)


def _required(call: Call) -> str:
    return ", ".join(code(name) for name in ("userId", call.id, call.text) if name)


def _optional(call: Call) -> str:
    names = (*call.optional_texts, *call.objects, "context", "timestamp", "messageId")
    return ", ".join(code(name) for name in names)


# By the directive in a guide, such as `{{ calls }}` on a line of its own.
PARTS: Mapping[str, Callable[[], str]] = {
    "paths": paths,
    "calls": calls,
    "rules-refused": rules_refused,
    "rules-names": rules_names,
    "rules-contents": rules_contents,
    "rules-plan": rules_plan,
    "rules-identity": rules_identity,
    "readings": readings,
    "regions": region_table,
    "retries": retries,
    "symptoms": symptoms,
    "settings": settings_tables,
    "commands": commands,
    "sign-in-limits": sign_in_limits,
    "picture-connect": lambda: picture(*CONNECT_PICTURE),
    "picture-test": lambda: picture(*TEST_PICTURE),
}
