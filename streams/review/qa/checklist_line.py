"""A check of the QA checklist: its states, and constructors for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy

from streams.review.qa.observations import (
    ObservedError,
    ObservedEvent,
    ObservedPage,
    ObservedRequest,
)

MOST_LINKS = 5  # to the evidence of one check


class CheckState(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SIMULATED = (
        "simulated"  # it passes with the events of a QA test run, not yet with own ones
    )
    UNSEEN = "unseen"  # not enough data yet, and nothing is wrong so far

    @property
    def label(self) -> str:
        return str(STATES[self])


STATES = {
    CheckState.PASSED: gettext_lazy("Passed"),
    CheckState.FAILED: gettext_lazy("Failed"),
    CheckState.SIMULATED: gettext_lazy("Simulated only"),
    CheckState.UNSEEN: gettext_lazy("Incomplete"),
}

type Proof = ObservedEvent | ObservedRequest | ObservedError | ObservedPage


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistLine:
    """A check and its state."""

    name: str  # never changes
    title: str
    state: CheckState
    why: str  # one or two sentences
    evidence: tuple[Proof, ...] = ()


def _line(
    state: CheckState, name: str, title: str, why: str, evidence: Iterable[Proof]
) -> ChecklistLine:
    shown = tuple(evidence)[:MOST_LINKS]
    return ChecklistLine(name=name, title=title, state=state, why=why, evidence=shown)


def passed(
    name: str, title: str, why: str, evidence: Iterable[Proof] = ()
) -> ChecklistLine:
    """Return a passed check."""
    return _line(CheckState.PASSED, name, title, why, evidence)


def failed(
    name: str, title: str, why: str, evidence: Iterable[Proof] = ()
) -> ChecklistLine:
    """Return a failed check."""
    return _line(CheckState.FAILED, name, title, why, evidence)


def unseen(
    name: str, title: str, why: str, evidence: Iterable[Proof] = ()
) -> ChecklistLine:
    """Return a check without enough data."""
    return _line(CheckState.UNSEEN, name, title, why, evidence)


def count_of(every: Sequence[Proof]) -> dict[str, object]:
    """Return the placeholder `count` of a sentence."""
    return {"count": f"{len(every):,}"}
