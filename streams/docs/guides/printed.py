"""What guides say that the code knows: printed from it, so that it cannot be stale."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from streams.base.writing import code, literal, table
from streams.catalog.plans.rules import RULES as PLAN_RULES
from streams.docs.guides.installation import commands, settings_tables
from streams.identity.limits import LIMITS
from streams.publishing.sending import (
    CONNECT_PICTURE,
    TEST_PICTURE,
    picture,
    region_table,
    retries,
)
from streams.publishing.troubleshooting import rule_table, symptoms
from streams.spec.calls import BATCH_PATHS, CALLS, Call
from streams.spec.findings import Rule, Severity
from streams.spec.readings import READINGS
from streams.spec.rules import RULES as SPEC_RULES
from streams.tenancy.inviting import LIMITS as INVITATION_LIMITS

# Errors of the Spec that leave an event whole: what becomes of it the mode decides.
WHOLE = frozenset({"SPEC-NAME-003", "SPEC-NAME-004"})


def paths() -> str:
    """Where events are posted to."""
    singles = [
        [_paths(call.name, call.letter), f"one `{call.name}` event"]
        for call in CALLS.values()
    ]
    batch = _paths(*sorted(BATCH_PATHS, key=len, reverse=True))
    return table(
        ["path", "takes"], [*singles, [batch, "a list of events under `batch`"]]
    )


def calls() -> str:
    """What each of the six calls must and may hold."""
    return table(
        ["call", "must have", "may have"],
        (
            [code(call.name), _required(call), _optional(call)]
            for call in CALLS.values()
        ),
    )


def rules_refused() -> str:
    """What keeps an event from being taken in every mode."""
    return rule_table(rule for rule in SPEC_RULES.values() if _is_refused(rule))


def rules_names() -> str:
    """What can be wrong with the name of an event that is taken."""
    return rule_table(rule for rule in _rules_by_mode() if _is_of_name(rule))


def rules_contents() -> str:
    """What can be wrong inside an event that is taken."""
    return rule_table(rule for rule in _rules_by_mode() if not _is_of_name(rule))


def rules_plan() -> str:
    """What the plan says of an event."""
    return rule_table(PLAN_RULES.values())


def readings() -> str:
    """What a stream may accept beside what is safe."""
    return table(
        ["accepted as well", "what the docs say"],
        (
            [literal(reading.title), literal(reading.why)]
            for reading in READINGS.values()
        ),
    )


def sign_in_limits() -> str:
    """How often one may guess, and how many emails people can cause."""
    return table(
        ["what is counted", "limit"],
        (
            [literal(limit.counts), str(limit)]
            for limit in (*LIMITS, *INVITATION_LIMITS)
        ),
    )


def _rules_by_mode() -> list[Rule]:
    return [rule for rule in SPEC_RULES.values() if not _is_refused(rule)]


def _is_refused(rule: Rule) -> bool:
    return rule.severity == Severity.ERROR and rule.id not in WHOLE


def _is_of_name(rule: Rule) -> bool:
    return rule.id.startswith("SPEC-NAME-")


def _paths(*names: str) -> str:
    return ", ".join(code(f"/v1/{name}") for name in names)


def _required(call: Call) -> str:
    return ", ".join(code(name) for name in ("userId", call.id, call.text) if name)


def _optional(call: Call) -> str:
    names = (*call.optional_texts, *call.objects, "context", "timestamp", "messageId")
    return ", ".join(code(name) for name in names)


# By the name that stands for it in a guide, as `{{ calls }}` on a line of its own.
PARTS: Mapping[str, Callable[[], str]] = {
    "paths": paths,
    "calls": calls,
    "rules-refused": rules_refused,
    "rules-names": rules_names,
    "rules-contents": rules_contents,
    "rules-plan": rules_plan,
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
