from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"  # Segment refuses it, or loses it without a word
    WARNING = "warning"  # it breaks the Spec, or the plan
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one event, for a person and for a program."""

    rule: str  # never changes once published: programs act on it
    severity: Severity
    path: str  # inside the event, as `products.0.price`; empty: the event itself
    message: str  # one sentence
    fix: str  # one sentence
    docs: str = ""  # the page of Segment's docs that says so; empty: none does


@dataclass(frozen=True, slots=True)
class Rule:
    """What may be wrong with an event, and how grave that is."""

    id: str
    severity: Severity
    title: str  # a few words, for lists and tables
    docs: str = ""

    def finding(self, path: str, message: str, fix: str, *, docs: str = "") -> Finding:
        """One breach of it; `docs` where a nearer page than the rule's own says so."""
        return Finding(self.id, self.severity, path, message, fix, docs or self.docs)


def by_id(*rules: Rule) -> dict[str, Rule]:
    """A registry, in the order given. Raises ValueError where two have one id."""
    registry = {rule.id: rule for rule in rules}
    if len(registry) < len(rules):
        raise ValueError("two rules have one id")
    return registry


def error(rule: str, path: str, message: str, fix: str) -> Finding:
    """A finding that keeps the event from being taken."""
    return Finding(rule, Severity.ERROR, path, message, fix)


def warning(rule: str, path: str, message: str, fix: str) -> Finding:
    """A finding that lets the event pass, in every mode."""
    return Finding(rule, Severity.WARNING, path, message, fix)


def hint(rule: str, path: str, message: str, fix: str) -> Finding:
    """A finding that is advice."""
    return Finding(rule, Severity.HINT, path, message, fix)
