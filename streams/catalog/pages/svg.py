"""Rewrite an SVG with only the elements and attributes that draw.

Everything that is not on the lists below is dropped: scripts, events, links, animations,
external images and fonts. Constructs that make a small file slow to draw are dropped too:
`use` may only refer to a single shape, and clip paths can't be clipped themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import (
    Element,
    ParseError,
    SubElement,
    tostring,
)

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils.translation import gettext as _

NAMESPACE = "http://www.w3.org/2000/svg"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
MAX_ELEMENTS, MAX_DEPTH = 5_000, 40

SHAPES = {"circle", "ellipse", "line", "path", "polygon", "polyline", "rect"}
DEFINED = {"clipPath", "linearGradient", "radialGradient"}
WITH_TEXT = {"desc", "style", "text", "title", "tspan"}
ELEMENTS = SHAPES | DEFINED | WITH_TEXT | {"defs", "g", "stop", "svg", "use"}
# Allowed as attributes and in CSS.
STYLES = {
    "clip-path", "clip-rule", "color", "display", "dominant-baseline", "fill",
    "fill-opacity", "fill-rule", "font-family", "font-size", "font-style", "font-weight",
    "letter-spacing", "opacity", "overflow", "paint-order", "stop-color", "stop-opacity",
    "stroke", "stroke-dasharray", "stroke-dashoffset", "stroke-linecap",
    "stroke-linejoin", "stroke-miterlimit", "stroke-opacity", "stroke-width",
    "text-anchor", "visibility",
}  # fmt: skip
ATTRIBUTES = STYLES | {
    "class", "clipPathUnits", "cx", "cy", "d", "dx", "dy", "fx", "fy",
    "gradientTransform", "gradientUnits", "height", "id", "offset", "points",
    "preserveAspectRatio", "r", "rx", "ry", "spreadMethod", "transform", "vector-effect",
    "viewBox", "width", "x", "x1", "x2", "y", "y1", "y2",
}  # fmt: skip
WITHIN = re.compile(r"#[\w.-]+")
URL_WITHIN = re.compile(r"url\((['\"]?)#[\w.-]+\1\)")
SELECTOR = re.compile(r"[.#]?[\w-]++(?:\s*+,\s*+[.#]?[\w-]++)*+")
COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)


def read_svg(upload: bytes) -> bytes:
    """Return the drawing without active content. Raises ValueError with a message for people."""
    try:
        root = fromstring(upload)
    except DefusedXmlException:
        raise ValueError(
            _("This SVG defines XML entities. Save it without them.")
        ) from None
    except (ParseError, ValueError, LookupError):
        raise ValueError(_("The file is neither a PNG nor an SVG.")) from None
    if _name(root) != "svg":
        raise ValueError(_("The file is neither a PNG nor an SVG."))
    _check_size(root)
    shapes = {str(one.get("id")) for one in root.iter() if _name(one) in SHAPES}
    attributes = _attributes(root, shapes, clips=True)
    drawn = Element("svg", {"xmlns": NAMESPACE, **attributes})
    _copy(root, drawn, shapes, clips=True)
    if not any(one.tag in SHAPES | {"text"} for one in drawn.iter()):
        raise ValueError(_("This SVG has no shapes that can be shown."))
    content: bytes = tostring(drawn, encoding="utf-8")
    return content


def _check_size(root: Element) -> None:
    level, count = [root], 0
    for _depth in range(MAX_DEPTH):
        count += len(level)
        level = [child for element in level for child in element]
    if level or count > MAX_ELEMENTS:
        raise ValueError(_("This SVG is too complex for a logo. Simplify it."))


def _copy(source: Element, to: Element, shapes: set[str], *, clips: bool) -> None:
    """Copy the allowed children into `to`; `clips`: they may have clip paths."""
    if to.tag in WITH_TEXT:
        to.text = source.text
    if to.tag == "style":
        to.text = "".join(_rules(source.text or ""))
        return
    for child in source:
        name = _name(child)
        may_clip = clips and name not in DEFINED
        attributes = _attributes(child, shapes, clips=may_clip)
        if name not in ELEMENTS or (name == "use" and "href" not in attributes):
            continue
        copy = SubElement(to, name, attributes)
        _copy(child, copy, shapes, clips=may_clip)
        if to.tag in WITH_TEXT:
            copy.tail = child.tail


def _attributes(element: Element, shapes: set[str], *, clips: bool) -> dict[str, str]:
    name = _name(element)
    kept = {}
    for key, value in element.attrib.items():
        if key == "clip-path" and not clips:
            continue
        if key in ATTRIBUTES and _is_harmless(value):
            kept[key] = value
        elif key == "style":
            kept[key] = ";".join(_declarations(value, clips=clips))
        elif key in ("href", XLINK_HREF) and _may_name(name, value, shapes):
            kept["href"] = value
    return kept


def _may_name(name: str, value: str, shapes: set[str]) -> bool:
    """Whether the element may refer to the ID in `value`."""
    if not WITHIN.fullmatch(value):
        return False
    return name in DEFINED or (name == "use" and value[1:] in shapes)


def _rules(text: str) -> Iterator[str]:
    # Split, because a pattern would take quadratic time on long text without braces.
    *blocks, _ = _without_comments(text).split("}")
    for block in blocks:
        before, _, declarations = block.rpartition("{")
        selector = before.rpartition("{")[2]
        if SELECTOR.fullmatch(selector.strip()):
            kept = ";".join(_declarations(declarations, clips=False))
            yield f"{selector.strip()}{{{kept}}}"


def _declarations(text: str, *, clips: bool) -> Iterator[str]:
    for declaration in _without_comments(text).split(";"):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        known = key.lower() in STYLES and (clips or key.lower() != "clip-path")
        if known and value and _is_harmless(value):
            yield f"{key}:{value}"


def _is_harmless(value: str) -> bool:
    """Whether a value loads nothing. A backslash could hide `url`."""
    return "\\" not in value and "url" not in URL_WITHIN.sub("", value).lower()


def _without_comments(text: str) -> str:
    return COMMENT.sub("", text)


def _name(element: Element) -> str:
    """Return the name of an SVG element, or the qualified one of another namespace."""
    tag = str(element.tag)
    return tag.removeprefix(f"{{{NAMESPACE}}}") if tag.startswith("{") else tag
