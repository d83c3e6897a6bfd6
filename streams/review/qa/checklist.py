"""The QA checklist: what Segment looks for in its review, computed from observations.

No one can mark a check as passed by hand. Each check explains its state and links to
evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from streams.review.qa.checklist_line import ChecklistLine, CheckState
from streams.review.qa.event_checks import (
    integration,
    passed_back,
    planned,
    rules,
    user_id,
    walked,
)
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
        """The checks that failed, are incomplete, or pass with simulated events only."""
        return tuple(line for line in self.lines if line.state is not CheckState.PASSED)


def check(facts: Observations) -> Checklist:
    """Evaluate all checks. Only events of the partner's own tool make one pass."""
    own, everything = _lines(facts.without_simulation()), _lines(facts)
    lines = tuple(map(_with_simulation, own, everything))
    return Checklist(lines=lines, is_cut=facts.is_cut)


def _with_simulation(own: ChecklistLine, simulated: ChecklistLine) -> ChecklistLine:
    """Return the check of the own events, or what the simulated ones add to it."""
    if own.state is not CheckState.UNSEEN or simulated.state is CheckState.UNSEEN:
        return own
    if simulated.state is CheckState.FAILED:
        return simulated
    why = _("The events are simulated. To pass, send them from your tool.")
    return replace(simulated, state=CheckState.SIMULATED, why=f"{simulated.why} {why}")


def _lines(facts: Observations) -> tuple[ChecklistLine, ...]:
    """Return all checks, in the order in which a partner works on them."""
    return (
        planned(facts),
        walked(facts),
        user_id(facts),
        passed_back(facts),
        integration(facts),
        rules(facts),
        key(facts),
        rate(facts),
        batches(facts),
        regions(facts),
        pages(facts),
    )
