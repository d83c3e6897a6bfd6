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
    path: str  # inside the event, as `context.ip`; empty: the event itself
    message: str  # one sentence
    fix: str  # one sentence


def error(rule: str, path: str, message: str, fix: str) -> Finding:
    """A finding that keeps the event from being taken."""
    return Finding(rule, Severity.ERROR, path, message, fix)


def warning(rule: str, path: str, message: str, fix: str) -> Finding:
    """A finding that lets the event pass, in every mode."""
    return Finding(rule, Severity.WARNING, path, message, fix)


def hint(rule: str, path: str, message: str, fix: str) -> Finding:
    """A finding that is advice."""
    return Finding(rule, Severity.HINT, path, message, fix)
