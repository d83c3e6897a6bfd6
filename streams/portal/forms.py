from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from streams.spec.modes import CHOICES, ValidationMode

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CALLS = ("identify", "track", "page", "screen", "group", "alias")

MODES = [(mode, _(label)) for mode, label in CHOICES]
MODE_HINTS: dict[ValidationMode, StrOrPromise] = {
    ValidationMode.OFF: _(
        "Events aren’t checked against the Segment Spec or the plan."
    ),
    ValidationMode.WARN: _(
        "All events are delivered. The response to the sender lists issues."
    ),
    ValidationMode.QUARANTINE: _(
        "Events with errors are kept in quarantine until someone renames, releases, or"
        " discards them."
    ),
    ValidationMode.REJECT: _(
        "Events with errors are rejected and not stored. The response explains how to fix"
        " them."
    ),
}


def number_in(query: Any, name: str) -> int | None:
    """Return the number in a query parameter; None if it is missing or not a number."""
    text = str(query.get(name, ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
