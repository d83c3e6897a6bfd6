"""Everything that the Spec says of one event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streams.spec.calls import problems
from streams.spec.names import name_findings
from streams.spec.readings import SAFE, Readings

if TYPE_CHECKING:
    from datetime import datetime

    from streams.spec.findings import Finding


def check(
    event: Mapping[str, Any],
    *,
    readings: Readings = SAFE,
    now: datetime | None = None,
    allow_anonymous: bool = False,
) -> list[Finding]:
    """What is wrong with a decoded event: its structure first, each part gravest first.

    Never raises, whatever JSON it is given, and takes time in proportion to its size.
    `now` None: whether a time is in the future is not asked.
    """
    found = list(problems(event, allow_anonymous=allow_anonymous))
    return found + semantics(event, readings=readings, now=now)


def semantics(
    event: Mapping[str, Any],
    *,
    readings: Readings = SAFE,
    now: datetime | None = None,
) -> list[Finding]:
    """What is wrong beside the structure, for those who have looked at `problems`."""
    if event.get("type") != "track":
        return []
    name = event.get("event")
    return list(name_findings(name, readings)) if type(name) is str and name else []
