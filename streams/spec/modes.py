"""How strict a stream is with events that break the Spec or its plan."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """What becomes of an event that is sound and has findings; from mild to strict.

    Unsound events, which Segment would lose without a word, are refused in every mode.
    """

    OFF = "off"  # not looked at
    WARN = "warn"  # sent, and the findings are counted
    QUARANTINE = (
        "quarantine"  # an error keeps it from being sent until somebody decides
    )
    REJECT = "reject"  # an error is answered at ingest, and nothing is kept

    @property
    def label(self) -> str:
        """As people read it."""
        return _LABELS[self]


_LABELS = {
    Mode.OFF: "Off",
    Mode.WARN: "Warn",
    Mode.QUARANTINE: "Quarantine",
    Mode.REJECT: "Reject",
}
_ORDER = list(Mode)

CHOICES = [(mode.value, mode.label) for mode in Mode]


def stricter(one: Mode, other: Mode) -> Mode:
    """The stricter of two: a workspace may tighten what its stream does, never loosen it."""
    return max(one, other, key=_ORDER.index)
