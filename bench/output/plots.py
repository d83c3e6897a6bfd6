"""Growth curves as SVG: one line over a logarithmic x axis, y from zero."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 44, 52  # px around the field
STEPS = 4  # lines across the field
Points = Sequence[tuple[float, float]]

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #3a3f47 }
  .title { font-weight: 600 }
  .grid { stroke: #d7dae0 }
  .line { fill: none; stroke: #1f6feb; stroke-width: 2 }
  .point { fill: #1f6feb }
  .second { stroke: #c2410c; stroke-dasharray: 6 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #d5d9e0 } .grid { stroke: #3a3f47 } .line { stroke: #6ea8fe } .point { fill: #6ea8fe }
    .second { stroke: #fdba74 }
  }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A curve, and how it is drawn."""

    name: str
    file: str
    title: str
    x: str
    y: str = "µs of processor time"


CURVES = [
    Curve(
        name="connections",
        file="connections.svg",
        title="Cost per event as connections grow",
        x="connections",
    ),
    Curve(
        name="backlog",
        file="backlog.svg",
        title="Cost per event delivered as a backlog grows",
        x="events waiting",
    ),
    Curve(
        name="event bytes",
        file="event-size.svg",
        title="Cost per event as events grow",
        x="bytes in an event",
    ),
    Curve(
        name="retained",
        file="retained.svg",
        title="Cost per event as the log grows",
        x="events retained",
    ),
]


def plot(curve: Curve, points: Points) -> str:
    """Return the curve as an SVG document. Raises ValueError without points."""
    if not points:
        raise ValueError(f"The curve {curve.name!r} has no points.")
    top = nice_above(max(y for _, y in points))
    lines = [
        *frame(curve.title, curve.x, curve.y),
        *grid(top),
        *_marks(points),
        *_curve(points, top),
    ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def nice_above(value: float) -> float:
    """Return the next of 1, 2, 4, 5 or 10 times a power of ten, which four steps divide well."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(n * power for n in (1, 2, 4, 5, 10) if n * power >= value)


def short(value: float) -> str:
    """Return a number for an axis: 100k, 10M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def frame(title: str, x: str, y: str) -> Iterator[str]:
    """Return the start of a plot; the axes are named by what they count."""
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    yield f"<title>{title}</title><style>{STYLE}</style>"
    yield f'<text class="title" x="{LEFT}" y="20">{title}, {y}</text>'
    yield text(LEFT + field_width() / 2, HEIGHT - 12, x)


def grid(top: float) -> Iterator[str]:
    """Yield the lines across the field, from 0 to its top."""
    for step in range(STEPS + 1):
        value = top * step / STEPS
        y = height_of(value, top)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield text(LEFT - 8, y + 4, short(value), anchor="end")


def _marks(points: Points) -> Iterator[str]:
    for x, _ in points:
        yield text(_x(x, points), HEIGHT - BOTTOM + 20, short(x))


def _curve(points: Points, top: float) -> Iterator[str]:
    places = [(_x(x, points), height_of(y, top)) for x, y in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline class="line" points="{path}"/>'
    for (x, y), (_, value) in zip(places, points, strict=True):
        yield f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'
        yield text(x, y - 10, f"{value:.3g}")


def text(x: float, y: float, words: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'


def field_width() -> float:
    return WIDTH - LEFT - RIGHT


def _x(value: float, points: Points) -> float:
    """Return the position of a value; a single point is in the middle."""
    low, high = math.log10(points[0][0]), math.log10(points[-1][0])
    share = (math.log10(value) - low) / (high - low) if high > low else 0.5
    inset = 30  # px: keeps the marks of the first and the last point inside the plot
    return LEFT + inset + share * (field_width() - 2 * inset)


def height_of(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)
