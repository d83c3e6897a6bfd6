"""Check the event that tells Segment a person's choice of consent (segment/inbound.md 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streams.spec.consent import PATH
from streams.spec.rules import RULES

if TYPE_CHECKING:
    from streams.spec.issues import Issue

UPDATED = "Segment Consent Preference Updated"


def update_issue(event: Mapping[str, Any]) -> Issue | None:
    """Return the issue of a track call named UPDATED that has no preferences."""
    context = event.get("context")
    consent = context.get("consent") if type(context) is dict else None
    if type(consent) is dict and type(consent.get("categoryPreferences")) is dict:
        return None
    return RULES["SPEC-CONSENT-004"].issue(
        PATH,
        f"{UPDATED} has no {PATH}. Segment then doesn't know the person's choice.",
        f"Send the person's choice for each category in {PATH}.",
    )
