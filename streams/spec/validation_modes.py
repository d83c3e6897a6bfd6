"""Validation modes: how events with issues are handled."""

from __future__ import annotations

from enum import StrEnum

from streams.spec.gettext import gettext_noop


class ValidationMode(StrEnum):
    """How a well-formed event with issues is handled, from lenient to strict.

    Malformed events, which Segment would drop silently, are rejected in every mode.
    """

    OFF = "off"  # not checked
    WARN = "warn"  # delivered, and the issues are counted
    QUARANTINE = "quarantine"  # with an error: kept aside until a person decides
    REJECT = "reject"  # with an error: rejected at ingest and not stored

    @property
    def label(self) -> str:
        """The English label."""
        return _LABELS[self]


_LABELS = {
    ValidationMode.OFF: gettext_noop("Off"),
    ValidationMode.WARN: gettext_noop("Warn"),
    ValidationMode.QUARANTINE: gettext_noop("Quarantine"),
    ValidationMode.REJECT: gettext_noop("Reject"),
}
_ORDER = list(ValidationMode)

CHOICES = [(mode.value, mode.label) for mode in ValidationMode]


def stricter(one: ValidationMode, other: ValidationMode) -> ValidationMode:
    """Return the stricter of two modes. A workspace can only be stricter than its stream."""
    return max(one, other, key=_ORDER.index)
