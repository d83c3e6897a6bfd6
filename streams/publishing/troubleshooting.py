"""Printed part about what can be wrong: what one sees, and every rule by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.base.writing import code, link, literal, table
from streams.catalog.rules import RULES
from streams.spec.findings import Severity
from streams.spec.modes import Mode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.publishing.facts import Facts
    from streams.spec.findings import Rule

RULES_GUIDE = "/docs/guide/rules/"

SYMPTOMS = [
    [
        "The key is accepted and no event arrives",
        (
            "Segment takes an unknown key without an error. Compare the last four characters"
            " that the portal shows with the key in Segment, and check the region."
        ),
    ],
    [
        "The connection needs attention",
        "Segment refused the key. Events are held: paste the right key on **Connection**.",
    ],
    [
        "Single events are missing in Segment's Debugger",
        "The Debugger shows a sample. The portal's **Deliveries** say what Segment took.",
    ],
    [
        "Events wait",
        "Segment cannot be reached, or the connection is paused. **Overview** says which.",
    ],
]
GRAVITY = {Severity.ERROR: "Error", Severity.WARNING: "Warning", Severity.HINT: "Hint"}
WHAT_FOLLOWS = {
    Mode.OFF: "Events are not held against these rules, but for those that Segment would lose.",
    Mode.WARN: "An event with an error is sent all the same, and counted, but for those that"
    " Segment would lose: these are refused.",
    Mode.QUARANTINE: "An event with an error is kept and not sent, until somebody has corrected,"
    " released or discarded it.",
    Mode.REJECT: "An event with an error is refused where it comes in, with the id of the rule.",
}  # fmt: skip


def write_troubleshooting(facts: Facts) -> str:
    """What customers see first, then what the checker may say of an event."""
    return "\n\n".join(
        (
            symptoms(),
            (
                "Events are checked against the Segment Spec and the plan. A finding names its"
                f" rule. {WHAT_FOLLOWS[Mode(facts.stream.check_mode)]}"
            ),
            rule_table(RULES.values(), guide=RULES_GUIDE),
        )
    )


def symptoms() -> str:
    """What customers see first, and what to do."""
    return table(["What you see", "What to do"], SYMPTOMS)


def rule_table(rules: Iterable[Rule], *, guide: str = "") -> str:
    """Each rule by its id; its title leads to the page of Segment's that says so.

    `guide` is the page that tells of every rule, to which the ids lead then.
    """
    rows = (_row(rule, guide) for rule in rules)
    return table(["Rule", "How grave", "What is wrong"], rows)


def _row(rule: Rule, guide: str) -> list[str]:
    title = link(rule.title, rule.docs) if rule.docs else literal(rule.title)
    shown = code(rule.id)
    linked = f"[{shown}](<{guide}#{rule.id}>)" if guide else shown
    return [linked, GRAVITY[rule.severity], title]
