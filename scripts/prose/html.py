"""Text of Django templates: text nodes, attributes that people read, and tags' strings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scripts.prose.segments import GAP, Segment, blanked

_COMMENT = re.compile(
    r"\{#.*?#\}|\{% comment .*?\{% endcomment %\}|<!--.*?-->", re.DOTALL
)
_CODE = re.compile(
    r"<(?P<tag>script|style|svg|code|pre|kbd)\b[^>]*>.*?</(?P=tag)>", re.DOTALL
)
_VALUE = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_TEMPLATE_TAG = re.compile(r"\{%(.*?)%\}", re.DOTALL)
_QUOTED = re.compile(r'"([^"]*)"' + r"|'([^']*)'")
# Inside one sentence; every other tag ends it.
_INLINE = re.compile(
    r"</?(?:a|abbr|b|br|em|i|mark|small|span|strong|time|wbr)\b[^>]*>", re.DOTALL
)
_TAG = re.compile(r"<[!/]?[a-zA-Z][^>]*>", re.DOTALL)
_ATTRIBUTE = re.compile(
    r'\b(?:alt|aria-label|content|label|placeholder|title)="([^"]*)"', re.DOTALL
)


def segments(source: str) -> Iterator[Segment]:
    """Yield every text, attribute and quoted string of a template."""
    text = blanked(_COMMENT, source)
    yield from _strings_of_tags(text)
    text = blanked(_TEMPLATE_TAG, blanked(_VALUE, text, GAP), "\0")
    for match in _ATTRIBUTE.finditer(text):
        yield from _pieces(text, match.start(1), match.end(1))
    text = blanked(_INLINE, blanked(_CODE, text, GAP))
    start = 0
    for tag in _TAG.finditer(text):
        yield from _pieces(text, start, tag.start())
        start = tag.end()
    yield from _pieces(text, start, len(text))


def _strings_of_tags(text: str) -> Iterator[Segment]:
    """Yield the strings in template tags that are no name of a page, block or field."""
    for tag in _TEMPLATE_TAG.finditer(text):
        for match in _QUOTED.finditer(tag[1]):
            string = match[1] or match[2] or ""
            if re.match(r"[A-Z][a-z]|\S+ \S", string):
                yield Segment(
                    _line(text, tag.start(1) + match.start()), _filled(string)
                )


def _pieces(text: str, start: int, end: int) -> Iterator[Segment]:
    """Yield what stands between template tags, such as the branches of an `if`."""
    for match in re.finditer(r"[^\0]+", text[start:end]):
        if match[0].strip():
            yield Segment(_line(text, start + match.start()), match[0])


def _filled(string: str) -> str:
    return re.sub(r"%\(\w+\)s", lambda found: GAP * len(found[0]), string)


def _line(text: str, offset: int) -> int:
    return 1 + text.count("\n", 0, offset)
