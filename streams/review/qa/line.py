"""A check of the QA checklist: its states, and constructors for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy

from streams.review.qa.observations import Page, SeenError, SeenEvent, SentRequest

MOST_LINKS = 5  # to the evidence of one check


class State(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNSEEN = "unseen"  # not enough data yet, and nothing is wrong so far

    @property
    def label(self) -> str:
        return str(STATES[self])


STATES = {
    State.PASSED: gettext_lazy("Passed"),
    State.FAILED: gettext_lazy("Failed"),
    State.UNSEEN: gettext_lazy("Incomplete"),
}

type Proof = SeenEvent | SentRequest | SeenError | Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A check and its state."""

    name: str  # never changes
    title: str
    state: State
    why: str  # one or two sentences
    evidence: tuple[Proof, ...] = ()


def _line(
    state: State, name: str, title: str, why: str, evidence: Iterable[Proof]
) -> Line:
    shown = tuple(evidence)[:MOST_LINKS]
    return Line(name=name, title=title, state=state, why=why, evidence=shown)


def passed(name: str, title: str, why: str, evidence: Iterable[Proof] = ()) -> Line:
    """Return a passed check."""
    return _line(State.PASSED, name, title, why, evidence)


def failed(name: str, title: str, why: str, evidence: Iterable[Proof] = ()) -> Line:
    """Return a failed check."""
    return _line(State.FAILED, name, title, why, evidence)


def unseen(name: str, title: str, why: str, evidence: Iterable[Proof] = ()) -> Line:
    """Return a check without enough data."""
    return _line(State.UNSEEN, name, title, why, evidence)


def count_of(every: Sequence[Proof]) -> dict[str, object]:
    """Return the placeholder `count` of a sentence."""
    return {"count": f"{len(every):,}"}
