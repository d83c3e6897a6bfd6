"""Markdown building: escaped values, tables, and generated parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import quote

from streams.base.text.markdown import parse

BACKTICKS = re.compile("`+")
LINE_END = re.compile(r"\r\n?|\n")
SPECIAL = re.compile(r"[\\`*_\[\]<>|~&#!]")
_IN_ADDRESSES = "!#$%&'()*+,/:;=?@[]~"
# A placeholder on its own line, which the portal replaces with a generated part.
DIRECTIVE = re.compile(r"\{\{ *([a-z][a-z0-9-]*) *\}\}")


@dataclass(frozen=True, slots=True)
class Directive:
    """A line of a text that a generated part replaces."""

    name: str
    line: int  # from 0


def literal(text: str) -> str:
    """Escape a text for display on one line or in a table cell."""
    return SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))


def code(text: str) -> str:
    """Format a value as inline code, also for table cells; empty values stay empty."""
    shown = " ".join(text.split())
    if not shown:
        return ""
    longest = max((len(run) for run in BACKTICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if "`" in (shown[0], shown[-1]) else ""
    return f"{fence}{pad}{shown}{pad}{fence}".replace("|", r"\|")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Build a table. Cells are Markdown: escape values with `literal` or `code`."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def directives(text: str) -> list[Directive]:
    """Return the placeholders in a text, except those in code, lists, and quotes."""
    result = []
    for opens, inline in pairwise(parse(text)):
        if opens.type != "paragraph_open" or opens.level or not opens.map:
            continue
        for line, content in enumerate(inline.content.split("\n"), opens.map[0]):
            if match := DIRECTIVE.fullmatch(content.strip()):
                result.append(Directive(match[1], line))
    return result


def filled(text: str, write: Callable[[str], str | None]) -> str:
    """Fill in the placeholders of a text; those for which `write` returns None stay."""
    lines = LINE_END.split(text)  # counted as the parser does
    parts = [(directive, write(directive.name)) for directive in directives(text)]
    for directive, part in reversed(parts):
        if part is not None:
            lines[directive.line : directive.line + 1] = ["", *part.split("\n"), ""]
    return "\n".join(lines)


def link(text: str, address: str) -> str:
    """Build a link on one line; characters that could end its address are escaped."""
    return f"[{literal(text)}](<{quote(address, safe=_IN_ADDRESSES)}>)"
