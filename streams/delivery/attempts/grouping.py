"""Groups the attempts of one split: after a request is rejected, its parts are sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.delivery.models import Delivery

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(slots=True)
class AttemptGroup:
    """An attempt, and all attempts with parts of its events if it was split."""

    whole: Delivery
    parts: list[Delivery] = field(default_factory=list)  # newest first

    @property
    def delivered(self) -> int:
        """How many of its events the parts delivered."""
        return self._events(Delivery.Outcome.DELIVERED)

    @property
    def rejected(self) -> int:
        """How many of its events Segment rejected."""
        return self._events(Delivery.Outcome.REJECTED)

    def contains(self, attempt_id: int | None) -> bool:
        """Whether that attempt is one of the parts."""
        return any(part.pk == attempt_id for part in self.parts)

    def has_part(self, attempt: Delivery) -> bool:
        """Whether a later attempt sent a part of these events."""
        return (
            self.whole.outcome == Delivery.Outcome.SPLIT
            and self.whole.first_seq <= attempt.first_seq
            and attempt.last_seq <= self.whole.last_seq
        )

    def _events(self, outcome: str) -> int:
        return sum(part.events for part in self.parts if part.outcome == outcome)


def grouped(
    attempts: Sequence[Delivery], *, only_splits: bool = False
) -> list[AttemptGroup]:
    """Return attempts, newest first, in groups; also newest first, by their newest attempt.

    With `only_splits`, attempts that were not split stand alone: for a page on which their
    outcome must be seen.
    """
    groups: list[AttemptGroup] = []
    latest: dict[
        int, AttemptGroup
    ] = {}  # by cursor: a replay sends between live attempts
    for attempt in reversed(attempts):
        split = latest.get(attempt.cursor_id)
        is_shown = only_splits and attempt.outcome != Delivery.Outcome.SPLIT
        if split is not None and split.has_part(attempt) and not is_shown:
            split.parts.insert(0, attempt)
            groups.remove(split)
            groups.append(split)
            continue
        group = AttemptGroup(attempt)
        groups.append(group)
        if not is_shown:
            latest[attempt.cursor_id] = group
    groups.reverse()
    return groups
