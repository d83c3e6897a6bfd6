from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"  # Segment refuses the event or silently drops it
    WARNING = "warning"  # violates the Spec or the plan
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue with an event, for people and for programs."""

    rule: str  # never changes once published, because programs depend on it
    severity: Severity
    path: str  # in the event, such as `products.0.price`; empty: the event itself
    message: str  # one or two sentences
    fix: str  # one or two sentences
    docs: str = ""  # the page of Segment's docs about it, if any


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of issue, with its severity."""

    id: str
    severity: Severity
    title: str  # a few words, for lists and tables
    docs: str = ""

    def issue(self, path: str, message: str, fix: str, *, docs: str = "") -> Issue:
        """Create an issue of this rule; `docs`: a more specific page than the rule's."""
        return Issue(self.id, self.severity, path, message, fix, docs or self.docs)


def by_id(*rules: Rule) -> dict[str, Rule]:
    """Index rules by ID, in the given order. Raises ValueError for duplicate IDs."""
    registry = {rule.id: rule for rule in rules}
    if len(registry) < len(rules):
        raise ValueError("two rules have the same ID")
    return registry


def error(rule: str, path: str, message: str, fix: str) -> Issue:
    """Create an issue for which the event is refused."""
    return Issue(rule, Severity.ERROR, path, message, fix)


def warning(rule: str, path: str, message: str, fix: str) -> Issue:
    """Create an issue with which the event is accepted in every mode."""
    return Issue(rule, Severity.WARNING, path, message, fix)


def hint(rule: str, path: str, message: str, fix: str) -> Issue:
    """Create an issue that is a recommendation."""
    return Issue(rule, Severity.HINT, path, message, fix)
