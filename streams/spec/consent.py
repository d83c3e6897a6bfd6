"""Check that Segment accepts the consent in an event's context.

Segment refuses preferences of a wrong type (segment/inbound.md 3.3), after its 200.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streams.spec.rules import RULES

if TYPE_CHECKING:
    from streams.spec.issues import Issue

PATH = "context.consent.categoryPreferences"
_FIX = 'Send an object with a boolean for each category, such as {"Advertising": false}, or omit consent.'


def consent_issue(context: Mapping[str, Any]) -> Issue | None:
    """Return why Segment refuses the consent of a context; None: it accepts it, or has none."""
    consent = context.get("consent")
    if consent is None:
        return None
    if type(consent) is not dict:
        return _issue("context.consent", "context.consent is not an object.")
    if "categoryPreferences" not in consent:
        return None
    preferences = consent["categoryPreferences"]
    if type(preferences) is not dict:
        return _issue(PATH, f"{PATH} is not an object.")
    if all(type(value) is bool for value in preferences.values()):
        return None
    return _issue(PATH, f"{PATH} has a value that is neither true nor false.")


def _issue(path: str, message: str) -> Issue:
    return RULES["SPEC-CONSENT-001"].issue(
        path, f"{message} Segment drops such events.", _FIX
    )
