"""Generate the troubleshooting section: symptoms and rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.base.text.markdown_writer import code, link, literal, table
from streams.catalog.validation.rules import RULES
from streams.spec.issues import Severity
from streams.spec.validation_modes import ValidationMode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.publishing.page_data import PageData
    from streams.spec.issues import Rule

RULES_GUIDE = "/docs/guide/rules/"

SYMPTOMS = [
    [
        "The key is accepted, but no events arrive",
        (
            "Segment accepts any key without an error. Compare the last four characters that the"
            " portal shows with the key in Segment, and check the region."
        ),
    ],
    [
        "The connection needs attention",
        "Segment rejected the key. Events stay queued. Paste the correct key on **Connection**.",
    ],
    [
        "Some events are missing in Segment's Debugger",
        "The Debugger shows a sample. The portal's **Delivery attempts** page lists every request to Segment.",
    ],
    [
        "Events stay queued",
        "Segment can't be reached, or the connection is paused. See **Overview** for the reason.",
    ],
]
GRAVITY = {Severity.ERROR: "Error", Severity.WARNING: "Warning", Severity.HINT: "Hint"}
WHAT_FOLLOWS = {
    ValidationMode.OFF: "Validation is off for this stream. Only events that Segment would drop are rejected.",
    ValidationMode.WARN: "Events with errors are sent and counted. Only events that Segment would drop are"
    " rejected.",
    ValidationMode.QUARANTINE: "Events with errors are quarantined until someone renames, releases, or"
    " discards them.",
    ValidationMode.REJECT: "Events with errors are rejected when they are received. The response contains"
    " the rule ID.",
}  # fmt: skip


def write_troubleshooting(facts: PageData) -> str:
    """Write the symptoms, then the rules that events are validated against."""
    return "\n\n".join(
        (
            symptoms(),
            (
                "Events are validated against the Segment Spec and the tracking plan. Each issue"
                f" has a rule ID. {WHAT_FOLLOWS[ValidationMode(facts.stream.check_mode)]}"
            ),
            rule_table(RULES.values(), guide=RULES_GUIDE),
        )
    )


def symptoms() -> str:
    """Return a table of symptoms and solutions."""
    return table(["Symptom", "Solution"], SYMPTOMS)


def rule_table(rules: Iterable[Rule], *, guide: str = "") -> str:
    """Return a table of rules. Titles link to Segment's docs, and IDs to `guide` if given."""
    rows = (_row(rule, guide) for rule in rules)
    return table(["Rule", "Severity", "Issue"], rows)


def _row(rule: Rule, guide: str) -> list[str]:
    title = link(rule.title, rule.docs) if rule.docs else literal(rule.title)
    shown = code(rule.id)
    linked = f"[{shown}](<{guide}#{rule.id}>)" if guide else shown
    return [linked, GRAVITY[rule.severity], title]
