"""Everything that the Spec says of one event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streams.spec.calls import problems

if TYPE_CHECKING:
    from streams.spec.findings import Finding


def check(event: Mapping[str, Any], *, allow_anonymous: bool = False) -> list[Finding]:
    """What is wrong with a decoded event, gravest first; never raises."""
    return list(problems(event, allow_anonymous=allow_anonymous))
