"""The results of all runs of a benchmark, by figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.measure.statistics import median


@dataclass(slots=True)
class Notes:
    """Values by figure, one for each run; values of curves by their place on the x axis."""

    runs: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    curves: dict[str, dict[float, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    # Values of all runs by distribution, and then by case.
    spreads: dict[str, dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def add(self, figure: str, value: float) -> None:
        self.runs[figure].append(value)

    def add_point(self, curve: str, x: float, value: float) -> None:
        self.curves[curve][x].append(value)

    def add_spread(self, name: str, case: str, values: Iterable[float]) -> None:
        self.spreads[name][case] += values

    def points(self, curve: str) -> list[tuple[float, float]]:
        """Return a curve's medians, in order of x; none if it was not measured."""
        return [(x, median(v)) for x, v in sorted(self.curves.get(curve, {}).items())]

    def ends(self, curve: str, small: float, large: float) -> float:
        """Return the cost of the large end divided by that of the small one."""
        return median(self.curves[curve][large]) / median(self.curves[curve][small])
