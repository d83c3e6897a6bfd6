"""What to replay, as people ask for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFilter:
    """Which events of a range to send; what is empty does not matter."""

    name: str = ""  # in full
    type: str = ""
    user_id: str = ""
    rejected_only: bool = False  # those that Segment refused when they were sent first

    @property
    def columns(self) -> dict[str, str]:
        """What the columns of an event must hold."""
        asked = {"name": self.name, "type": self.type, "user_id": self.user_id}
        # The columns are cut, too (events/intake.py).
        return {column: text[:200] for column, text in asked.items() if text}

    @property
    def takes_all(self) -> bool:
        return not (self.columns or self.rejected_only)

    @property
    def words(self) -> str:
        """The filter in a sentence's words: “track calls named Email Opened”."""
        parts = [f"{self.type} calls" if self.type else "events"]
        if self.name:
            parts.append(f"named “{self.name}”")
        if self.user_id:
            parts.append(f"of the user “{self.user_id}”")
        if self.rejected_only:
            parts.append("that Segment refused")
        return " ".join(["all", *parts] if self.takes_all else parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A range and a filter. All bounds that are given hold together."""

    first: int | None = None
    last: int | None = None
    since: datetime | None = None  # received then or later
    until: datetime | None = None  # received before
    since_trouble: bool = False  # what came since the connection last had trouble
    filter: ReplayFilter = field(default_factory=ReplayFilter)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The events after `start` up to `end`."""

    start: int
    end: int

    @property
    def first(self) -> int:
        return self.start + 1

    @property
    def size(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many events of a stretch a filter takes, counted in its first `looked_at`."""

    events: int
    looked_at: int
    size: int

    @property
    def is_exact(self) -> bool:
        return self.looked_at == self.size
