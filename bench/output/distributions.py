"""Distributions as SVG: percentiles of two cases.

On the x axis, 90 to 99% is as wide as 0 to 90%, so the slowest percent is visible, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.measure.statistics import percentile
from bench.output.plots import (
    HEIGHT,
    LEFT,
    TOP,
    field_width,
    frame,
    grid,
    height_of,
    nice_above,
    text,
)

MARKS = (0, 50, 75, 90, 95, 99)  # percent
LAST = 99.5  # of a few hundred values, the slowest single one means nothing
PLACES = 100
CLASSES = ("line", "line second")
KEY_PX = 20  # between the lines of the legend


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A distribution, and how it is drawn."""

    name: str
    file: str
    title: str
    x: str
    y: str = "ms"


DISTRIBUTIONS = [
    Spread(
        name="fairness",
        file="fairness.svg",
        title="500 small customers on one stream: sent to received",
        x="percent of the events, the quickest first",
    ),
]


def plot(spread: Spread, cases: Mapping[str, Sequence[float]]) -> str:
    """Return up to two cases as an SVG document. Raises ValueError for one without values."""
    lines = {name: list(_line(values)) for name, values in cases.items()}
    top = nice_above(max(y for line in lines.values() for _, y in line))
    shown = [*frame(spread.title, spread.x, spread.y), *grid(top), *_marks()]
    of_class = zip(lines.items(), CLASSES, strict=False)
    for number, ((name, line), css) in enumerate(of_class):
        shown += [_curve(line, top, css), *_key(name, number, css)]
    return "\n".join([*shown, "</svg>"]) + "\n"


def _line(values: Sequence[float]) -> Iterator[tuple[float, float]]:
    for place in range(PLACES + 1):
        percent = 100 - 100 * (1 - LAST / 100) ** (place / PLACES)
        yield percent, percentile(values, percent / 100)


def _marks() -> Iterator[str]:
    for percent in MARKS:
        yield text(_x(percent), HEIGHT - 32, f"{percent} %")


def _curve(line: Sequence[tuple[float, float]], top: float, css: str) -> str:
    path = " ".join(f"{_x(x):.1f},{height_of(y, top):.1f}" for x, y in line)
    return f'<polyline class="{css}" points="{path}"/>'


def _key(name: str, number: int, css: str) -> Iterator[str]:
    x, y = LEFT + 16, TOP + 20 + number * KEY_PX
    yield f'<line class="{css}" x1="{x}" x2="{x + 28}" y1="{y}" y2="{y}"/>'
    yield text(x + 36, y + 4, name, anchor="start")


def _x(percent: float) -> float:
    """Return the position of a percentile, from 0 to LAST."""
    share = math.log(1 - percent / 100) / math.log(1 - LAST / 100)
    return LEFT + share * field_width()
