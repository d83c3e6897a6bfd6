"""The portal's own documentation: Markdown files of the product, in the order to read them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe

from streams.base.markdown import RULE, Document, parse, plain, render
from streams.base.writing import filled
from streams.docs.guides.printed import PARTS

if TYPE_CHECKING:
    from streams.base.addresses import Addresses

FOLDER = Path(__file__).parent
# By who reads them.
READERS: Mapping[str, tuple[str, ...]] = {
    "For partners": ("quick-start", "ingest", "rules", "api"),
    "For customers": ("customers",),
    "For whoever runs it": ("operators",),
}
NAMES = tuple(name for names in READERS.values() for name in names)
# An installation has a few addresses at most; each guide is rendered once for each.
RENDERED = 64

_TITLE = re.compile(r"# (.+)\n+")
# A code, or the name of a setting.
_CODE = re.compile(rf"<td><code>({RULE.pattern}|[A-Z][A-Z0-9_]{{3,}})</code>")


@dataclass(frozen=True, slots=True)
class Guide:
    """One of them, as it was written."""

    name: str
    title: str
    summary: str  # its first paragraph, without markup
    text: str  # Markdown, without the title

    @property
    def path(self) -> str:
        return f"/docs/guide/{self.name}/"


def _read(name: str) -> Guide:
    whole = (FOLDER / f"{name}.md").read_text()
    title = _TITLE.match(whole)
    if title is None:
        raise ValueError(f"{name}.md does not begin with a title")
    text = whole[title.end() :]
    first = next(token for token in parse(text) if token.type == "inline")
    return Guide(name, title[1], plain(first), text)


GUIDES: Mapping[str, Guide] = {name: _read(name) for name in NAMES}
SHELVES: Mapping[str, list[Guide]] = {
    reader: [GUIDES[name] for name in names] for reader, names in READERS.items()
}


def written(guide: Guide, at: Addresses) -> str:
    """Its Markdown with all that is printed from the code in its place."""
    text = guide.text.replace("{{ ingest-url }}", at.ingest)
    text = text.replace("{{ portal-url }}", at.portal)
    return filled(text, lambda name: PARTS[name]())


@lru_cache(maxsize=RENDERED)
def read(name: str, at: Addresses) -> Document:
    """A guide as HTML. Raises KeyError."""
    document = render(written(GUIDES[name], at), is_own=True)
    return replace(document, html=_with_codes(document.html))


def _with_codes(html: SafeString) -> SafeString:
    """The first row of a table that begins with a code is found by it: `#INGEST-KEY-002`,
    and so is that of a setting: `#LEASE_S`."""
    seen: set[str] = set()

    def named(cell: re.Match[str]) -> str:
        if cell[1] in seen:
            return cell[0]
        seen.add(cell[1])
        return f'<td id="{cell[1]}"><code>{cell[1]}</code>'

    return mark_safe(_CODE.sub(named, html))  # noqa: S308 - capitals and digits alone


def neighbours(name: str) -> tuple[Guide | None, Guide | None]:
    """The guides before and after one, where there are any."""
    at = NAMES.index(name)
    before = GUIDES[NAMES[at - 1]] if at else None
    after = GUIDES[NAMES[at + 1]] if at + 1 < len(NAMES) else None
    return before, after
