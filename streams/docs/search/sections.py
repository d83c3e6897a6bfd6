"""Split docs pages into searchable sections."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from streams.base.text.markdown import RULE

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADINGS = {f"h{level}" for level in range(2, 7)}
# Elements that end a word.
BLOCKS = HEADINGS | {"p", "li", "td", "th", "tr", "pre", "div", "br", "blockquote"}

BLANK = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class SearchSection:
    """The text below a heading, or a table row with an anchor."""

    page: str  # the title of its page
    path: str  # of its page
    anchor: str  # empty: the text before the first heading
    heading: str
    text: str  # without markup
    folded: str  # all searched text in lowercase, for a fast first check


def sections_of(
    html: str, *, page: str, path: str, with_rules: bool = True
) -> list[SearchSection]:
    """Split a page into sections, in order.

    Without rules, their table rows are skipped: they are the same on every stream's page,
    and in the rules guide.
    """
    reader = _Reader(with_rules=with_rules)
    reader.feed(html)
    reader.close()
    return [
        SearchSection(page, path, anchor, heading, text, f"{page} {heading} {text}".casefold())
        for anchor, heading, text in reader.read()
        if heading or text
    ]  # fmt: skip


class _Reader(HTMLParser):
    """Parses the well-formed HTML of `base.markdown`."""

    def __init__(self, *, with_rules: bool) -> None:
        super().__init__()
        self._with_rules = with_rules
        self._parts: list[_Part] = [_Part("")]
        self._row: _Part | None = None  # the current row
        self._in_heading = self._in_anchor = False

    def read(self) -> Sequence[tuple[str, str, str]]:
        """Return the anchor, heading and text of each section."""
        return [
            (part.anchor, _line(part.heading), _line(part.text))
            for part in self._parts
        ]  # fmt: skip

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag in HEADINGS:
            self._parts.append(_Part(named.get("id") or ""))
            self._in_heading = True
        elif tag == "a":
            self._in_anchor = named.get("class") == "anchor"
        elif tag == "tr":
            self._row = _Part("")
        elif tag == "td" and self._row is not None and named.get("id"):
            self._row.anchor = self._row.heading = named["id"] or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in HEADINGS:
            self._in_heading = False
        elif tag == "a":
            self._in_anchor = False
        elif tag == "tr" and self._row is not None:
            self._end_row(self._row)
        if tag in {"td", "th"}:
            self._add(" · ")
        elif tag in BLOCKS:
            self._add(" ")

    def handle_data(self, data: str) -> None:
        if not self._in_anchor:
            self._add(data)

    def _add(self, text: str) -> None:
        part = self._row or self._parts[-1]
        if self._in_heading:
            part.heading += text
        else:
            part.text += text

    def _end_row(self, row: _Part) -> None:
        self._row = None
        row.text = _line(row.text).rstrip(" ·")
        if row.anchor:
            row.text = row.text.removeprefix(row.anchor).lstrip(" ·")
            # Before the section that continues after the table.
            self._parts.insert(-1, row)
        elif self._with_rules or RULE.match(row.text) is None:
            stop = "" if row.text.endswith(".") else "."
            self._parts[-1].text += row.text + stop


class _Part:
    def __init__(self, anchor: str) -> None:
        self.anchor = anchor
        self.heading = self.text = ""


def _line(text: str) -> str:
    return BLANK.sub(" ", text).strip()
