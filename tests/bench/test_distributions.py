"""The SVG of a distribution."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from bench.output.distributions import DISTRIBUTIONS, plot
from bench.output.plots import HEIGHT, LEFT, WIDTH

SVG = "{http://www.w3.org/2000/svg}"


def curves(picture: str) -> list[list[tuple[float, float]]]:
    """Return the points of each curve."""
    lines = ET.fromstring(picture).iter(f"{SVG}polyline")
    pairs = [line.get("points").split() for line in lines]
    return [[tuple(map(float, pair.split(","))) for pair in line] for line in pairs]


def test_each_case_is_a_rising_curve_within_the_plot():
    slow = [float(n) for n in range(1, 201)]
    picture = plot(DISTRIBUTIONS[0], {"alone": [9.0, 7.0, 8.0], "crowded": slow})

    assert len(curves(picture)) == 2
    for line in curves(picture):
        assert all(LEFT <= x <= WIDTH and 0 < y < HEIGHT for x, y in line)
        assert line == sorted(line, key=lambda point: (point[0], -point[1]))


def test_the_legend_and_the_percentiles_are_readable():
    picture = plot(DISTRIBUTIONS[0], {"alone": [1.0], "crowded": [2.0]})

    texts = {text.text for text in ET.fromstring(picture).iter(f"{SVG}text")}
    assert {"alone", "crowded", "50 %", "99 %", DISTRIBUTIONS[0].x} <= texts


def test_slower_cases_are_higher():
    quick, slow = curves(plot(DISTRIBUTIONS[0], {"alone": [10.0], "crowded": [40.0]}))

    assert all(s < q for (_, q), (_, s) in zip(quick, slow, strict=True))


def test_a_case_without_values_is_refused():
    with pytest.raises(ValueError, match="percentile of nothing"):
        plot(DISTRIBUTIONS[0], {"alone": []})
