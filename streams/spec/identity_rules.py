"""The rules about the person of an event: its userId, and the identifiers that stand for one.

IDs never change, because programs depend on them.
"""

from __future__ import annotations

from streams.spec.issues import Rule, Severity, by_id

# The portal's own guide, because Segment's docs have no page about it.
GUIDE = "/docs/guide/ingest/#events-without-a-userid"

UNRESOLVED = Rule(
    "IDENTITY-UNRESOLVED", Severity.ERROR, "No userId is known for the person", GUIDE
)
TOOL_ID = Rule("IDENTITY-TOOL-ID", Severity.ERROR, "userId is the tool's own ID", GUIDE)
CONTRADICTS = Rule(
    "IDENTITY-CONTRADICTS",
    Severity.ERROR,
    "userId contradicts the identity map",
    GUIDE,
)

RULES: dict[str, Rule] = by_id(UNRESOLVED, TOOL_ID, CONTRADICTS)
