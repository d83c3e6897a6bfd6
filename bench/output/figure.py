"""One figure: its name, unit, meaning, goal, and baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.measure.statistics import median


@dataclass(frozen=True, slots=True)
class Goal:
    """A lower or an upper bound."""

    bound: float
    at_most: bool = False

    def is_met(self, value: float) -> bool:
        return value <= self.bound if self.at_most else value >= self.bound

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:,g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number of the table. `ratio`: one figure divided by the largest of others."""

    name: str
    unit: str
    says: str
    goal: Goal | None = None
    baseline: str = ""  # the figure that it is compared to, from the same run
    ratio: tuple[str, tuple[str, ...]] | None = None
    of_runs: Callable[[Sequence[float]], float] = median


def at_least(bound: float) -> Goal:
    return Goal(bound)


def at_most(bound: float) -> Goal:
    return Goal(bound, at_most=True)
