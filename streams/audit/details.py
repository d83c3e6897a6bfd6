"""The reason, the changes and other details of an activity log entry, beside its sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.audit.sentences import placeholders
from streams.audit.words import label, value_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping

REASONS = (
    "comment",
    "reason",
    "note",
    "what",
    "changed",
    "readings",
    "fields",
    "filter",
)
# Their sentences list the fields already; their values are the reason.
WITH_FIELDS = {
    "partner.changed",
    "workspace.changed",
    "user.changed",
    "group.changed",
}
# Their changes contain all other details.
ONLY_CHANGES = {
    "stream.changed",
    "stream.readings_chosen",
    "stream.identity_chosen",
    "workspace.check_mode",
    "workspace.late_after",
    "connection.replaced",
    "sso.domains_changed",
}
# Reasons that only operators read.
OF_OPERATORS = {"impersonation.started"}
# Columns of an entry, which every list has.
COLUMNS = {"address", "browser", "stream"}


def reason(action: str, detail: Mapping[str, Any]) -> str:
    """Return the comment of an entry, or its changes in words; may be empty. For everyone."""
    if action in OF_OPERATORS:
        return ""
    name = _reason_name(action, detail)
    return value_in_words(name, detail[name]) if name else ""


def all_details(action: str, detail: Mapping[str, Any]) -> list[str]:
    """Return for operators all that the sentence and the columns leave out, the reason first.

    Each detail has a label, except comments and changes.
    """
    first = _reason_name(action, detail)
    if first == "changed" and action in ONLY_CHANGES:
        return [value_in_words(first, detail[first])]
    shown = placeholders(action) | COLUMNS | {first}
    rest = [
        _labelled(name, value) for name, value in detail.items() if name not in shown
    ]
    found = value_in_words(first, detail[first]) if first else ""
    return [one for one in (found, *rest) if one]


def _reason_name(action: str, detail: Mapping[str, Any]) -> str:
    names = ("changed",) if action in WITH_FIELDS else REASONS
    return next((name for name in names if detail.get(name)), "")


def _labelled(name: str, value: object) -> str:
    text = value_in_words(name, value)
    return f"{label(name)}: {text}" if text else ""
