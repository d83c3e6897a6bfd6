"""Old and new values in entries of the activity log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_VALUE = 200  # characters of each value


def changed_values(
    before: Mapping[str, object], after: Mapping[str, object]
) -> dict[str, Any]:
    """Return the detail of an entry with both values of each field that differs.

    Empty: nothing differs. Never pass a secret.
    """
    changed = [
        f"{name}: {_short(before.get(name))} → {_short(value)}"
        for name, value in after.items()
        if before.get(name) != value
    ]
    return {"changed": ", ".join(changed)} if changed else {}


def _short(value: object) -> str:
    if value in (None, ""):
        return "–"
    text = str(value)
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"
