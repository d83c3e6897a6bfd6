"""Markdown written by the portal: values that stay what they are, tables, printed parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import quote

from streams.base.markdown import parse

BACKTICKS = re.compile("`+")
LINE_END = re.compile(r"\r\n?|\n")
SPECIAL = re.compile(r"[\\`*_\[\]<>|~&#!]")
_IN_ADDRESSES = "!#$%&'()*+,/:;=?@[]~"
# Stands for what the portal prints in its place; on a line of its own.
DIRECTIVE = re.compile(r"\{\{ *([a-z][a-z0-9-]*) *\}\}")


@dataclass(frozen=True, slots=True)
class Directive:
    """A line of a text that a printed part takes the place of."""

    name: str
    line: int  # from 0


def literal(text: str) -> str:
    """A text in one line that is shown as it stands, in a table's cell as well."""
    return SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))


def code(text: str) -> str:
    """A value as code in one line, in a table's cell as well; nothing for none."""
    shown = " ".join(text.split())
    if not shown:
        return ""
    longest = max((len(run) for run in BACKTICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if "`" in (shown[0], shown[-1]) else ""
    return f"{fence}{pad}{shown}{pad}{fence}".replace("|", r"\|")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are Markdown: made by `literal` or `code` where they come from elsewhere."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def directives(text: str) -> list[Directive]:
    """The places for printed parts, but for those inside code, lists and quotes."""
    found = []
    for opens, inline in pairwise(parse(text)):
        if opens.type != "paragraph_open" or opens.level or not opens.map:
            continue
        for line, content in enumerate(inline.content.split("\n"), opens.map[0]):
            if match := DIRECTIVE.fullmatch(content.strip()):
                found.append(Directive(match[1], line))
    return found


def filled(text: str, write: Callable[[str], str | None]) -> str:
    """The text with printed parts in their places; those that `write` has not stay."""
    lines = LINE_END.split(text)  # as the parser counts them
    found = [(directive, write(directive.name)) for directive in directives(text)]
    for directive, part in reversed(found):
        if part is not None:
            lines[directive.line : directive.line + 1] = ["", *part.split("\n"), ""]
    return "\n".join(lines)


def link(text: str, address: str) -> str:
    """A link in one line; what could end its address is escaped."""
    return f"[{literal(text)}](<{quote(address, safe=_IN_ADDRESSES)}>)"
