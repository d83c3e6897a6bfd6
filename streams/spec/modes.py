"""Validation modes: how events with issues are handled."""

from __future__ import annotations

from enum import StrEnum

from streams.spec.gettext import gettext_noop


class Mode(StrEnum):
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
    Mode.OFF: gettext_noop("Off"),
    Mode.WARN: gettext_noop("Warn"),
    Mode.QUARANTINE: gettext_noop("Quarantine"),
    Mode.REJECT: gettext_noop("Reject"),
}
_ORDER = list(Mode)

CHOICES = [(mode.value, mode.label) for mode in Mode]


def stricter(one: Mode, other: Mode) -> Mode:
    """Return the stricter of two modes. A workspace can only be stricter than its stream."""
    return max(one, other, key=_ORDER.index)
