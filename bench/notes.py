"""What the runs of one benchmark gave, figure by figure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from bench.numbers import median


@dataclass(slots=True)
class Notes:
    """Values by figure, one for each run; and points of curves, (x, value) by curve."""

    runs: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    curves: dict[str, dict[float, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )

    def add(self, figure: str, value: float) -> None:
        self.runs[figure].append(value)

    def add_point(self, curve: str, x: float, value: float) -> None:
        self.curves[curve][x].append(value)

    def figures(self) -> dict[str, float]:
        """The median of each figure's runs."""
        return {name: median(values) for name, values in self.runs.items()}

    def points(self, curve: str) -> list[tuple[float, float]]:
        """A curve's medians, in order of x."""
        return [(x, median(v)) for x, v in sorted(self.curves[curve].items())]
