"""The QA checklist: what Segment looks for in its review, computed from observations.

No one can mark a check as passed by hand. Each check explains its state and links to
evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.review.qa.checklist_line import ChecklistLine, CheckState
from streams.review.qa.event_checks import integration, planned, rules, user_id, walked
from streams.review.qa.request_checks import batches, key, pages, rate, regions

if TYPE_CHECKING:
    from streams.review.qa.observations import Observations


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    lines: tuple[ChecklistLine, ...]
    is_cut: bool = False  # only the newest events and requests are included

    @property
    def complete(self) -> bool:
        return all(line.state is CheckState.PASSED for line in self.lines)

    @property
    def passed(self) -> int:
        return sum(line.state is CheckState.PASSED for line in self.lines)

    @property
    def open(self) -> tuple[ChecklistLine, ...]:
        """The checks that failed or are incomplete."""
        return tuple(line for line in self.lines if line.state is not CheckState.PASSED)


def check(facts: Observations) -> Checklist:
    """Evaluate all checks, in the order in which a partner works on them."""
    lines = (
        planned(facts),
        walked(facts),
        user_id(facts),
        integration(facts),
        rules(facts),
        key(facts),
        rate(facts),
        batches(facts),
        regions(facts),
        pages(facts),
    )
    return Checklist(lines=lines, is_cut=facts.is_cut)
