from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest

from streams.catalog.pages.logo import MAX_BYTES, InvalidLogo, read_logo
from streams.catalog.pages.svg import ATTRIBUTES, ELEMENTS, NAMESPACE, read_svg
from tests.catalog.pages.hostile_svgs import ENTITIES, SVGS, svg


def read(text: str) -> str:
    return read_svg(text.encode()).decode()


def dangers(text: str) -> list[str]:
    """Return what could run code or load something, as a browser parses the SVG."""
    found = []
    for one in fromstring(text).iter():
        name = one.tag.removeprefix(f"{{{NAMESPACE}}}")
        found += [name] if name not in ELEMENTS else []
        found += [f"{name} {key}" for key in one.attrib if key not in ATTRIBUTES | {"style", "href"}]  # fmt: skip
        values = [*one.attrib.values(), (one.text or "") if name == "style" else ""]
        found += [value for value in values if "//" in value or ":" in value.replace("fill:", "")]  # fmt: skip
    return found


@pytest.mark.parametrize("text", SVGS)
def test_only_the_shapes_of_a_hostile_svg_are_kept(text):
    safe = read(text)

    assert dangers(safe) == []
    assert '<path d="M0 0h9v9z" />' in safe


def test_the_check_for_dangers_finds_them():
    assert dangers(svg('<a href="javascript:x"/><g onload="x"/>')) == [
        "a", "javascript:x", "g onload",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ENTITIES)
def test_entities_are_refused(text):
    with pytest.raises(ValueError, match="entities"):
        read(text)


def test_output_of_drawing_programs_is_kept():
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><defs>'
        "<style>.cls-1{fill:#c24;stroke-width:2}.cls-2{fill:url(#sky)}</style>"
        '<linearGradient id="sky" x1="0" x2="1"><stop offset="0" stop-color="red" /></linearGradient>'
        '<clipPath id="clip"><rect id="box" width="9" height="9" /></clipPath></defs>'
        '<g clip-path="url(#clip)" transform="scale(2)"><circle class="cls-1" cx="3" cy="3" r="2" />'
        '<use href="#box" /><text x="1"><tspan>Post</tspan>box</text></g></svg>'
    )

    assert read(drawn) == drawn


def test_old_link_attributes_are_written_in_their_new_form():
    assert '<use href="#p" />' in read(
        svg('<path id="p" d="M0 0"/><use xlink:href="#p"/>')
    )


@pytest.mark.parametrize(
    ("inside", "left_out"),
    [
        ('<g id="a"><path d="M0 0"/></g><use href="#a"/>', "use"),
        ('<clipPath id="a" clip-path="url(#a)"/>', "clip-path="),
        ('<clipPath id="a"><g><path d="M0" clip-path="url(#b)"/></g></clipPath>', "clip-path="),
        ('<clipPath id="a"><path d="M0" style="clip-path:url(#b)"/></clipPath>', "clip-path:"),
        ("<style>.a{clip-path:url(#b)}</style>", "clip-path:"),
        ('<pattern id="a"><path fill="url(#a)" d="M0"/></pattern>', "pattern"),
    ],
)  # fmt: skip
def test_elements_that_multiply_when_drawn_are_removed(inside, left_out):
    assert left_out in svg(inside)

    assert left_out not in read(svg(inside))


@pytest.mark.parametrize("text", ["", "x", "<svg", "<html/>", "\x00", "<svg/>", svg("").replace("<path", "<x")])  # fmt: skip
def test_other_files_are_refused(text):
    with pytest.raises(ValueError, match=r"neither a PNG nor an SVG|has no shapes"):
        read(text)


@pytest.mark.parametrize("inside", ["<g>" * 60 + "</g>" * 60, "<g/>" * 6_000])
def test_a_drawing_that_is_too_complicated_is_refused(inside):
    with pytest.raises(ValueError, match="too complex"):
        read(svg(inside))


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(InvalidLogo, match="200 KB"):
        read_logo(b"x" * (MAX_BYTES + 1))
