"""The SVG of a growth curve."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from bench.output.plots import CURVES, HEIGHT, WIDTH, nice_above, plot, short

SVG = "{http://www.w3.org/2000/svg}"
POINTS = [(1, 90.0), (100, 40.0), (100_000, 60.0)]


def test_each_point_is_drawn_with_its_value():
    picture = ET.fromstring(plot(CURVES[0], POINTS))

    circles = [
        (float(c.get("cx")), float(c.get("cy"))) for c in picture.iter(f"{SVG}circle")
    ]
    assert len(circles) == 3
    assert all(0 < x < WIDTH and 0 < y < HEIGHT for x, y in circles)
    texts = [text.text for text in picture.iter(f"{SVG}text")]
    assert {"90", "40", "60", "1", "100", "100k", "connections"} <= set(texts)


def test_x_is_logarithmic_and_larger_values_are_higher():
    picture = ET.fromstring(plot(CURVES[0], [(1, 10.0), (10, 20.0), (100, 40.0)]))

    circles = [
        (float(c.get("cx")), float(c.get("cy"))) for c in picture.iter(f"{SVG}circle")
    ]
    (x1, y1), (x2, y2), (x3, y3) = circles
    assert x2 - x1 == pytest.approx(x3 - x2)
    assert y1 > y2 > y3


def test_a_curve_of_one_point_is_centered():
    picture = ET.fromstring(plot(CURVES[0], [(100, 5.0)]))

    (circle,) = picture.iter(f"{SVG}circle")
    assert float(circle.get("cx")) == pytest.approx(340.0)


def test_a_curve_without_points_is_refused():
    with pytest.raises(ValueError, match="no points"):
        plot(CURVES[0], [])


@pytest.mark.parametrize(
    ("value", "top"),
    [(0, 1), (0.7, 1), (1, 1), (1.1, 2), (39, 40), (41, 50), (51, 100)],
)
def test_an_axis_ends_at_a_round_number(value, top):
    assert nice_above(value) == pytest.approx(top)


@pytest.mark.parametrize(
    ("value", "text"), [(0.5, "0.5"), (100, "100"), (5_000, "5k"), (1e7, "10M")]
)
def test_numbers_on_an_axis_are_short(value, text):
    assert short(value) == text
