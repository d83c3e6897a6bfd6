"""The guides: Markdown files that ship with the portal, in reading order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from streams.base.text.markdown import RULE, Document, parse, plain, render
from streams.base.text.markdown_writer import filled
from streams.docs.guides.generated_facts import PARTS
from streams.docs.guides.renamed_headings import FORMER

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from streams.base.public_urls import PublicUrls

FOLDER = Path(__file__).parent
# By audience.
READERS: tuple[tuple[StrOrPromise, tuple[str, ...]], ...] = (
    (
        _("For partners"),
        ("quick-start", "ingest", "user-ids", "rules", "api", "single-sign-on"),
    ),
    (_("For customers"), ("customers", "webhooks")),
    (_("For operators"), ("operators",)),
)
NAMES = tuple(name for _reader, names in READERS for name in names)
# Guides that are kept rendered: each once for each address of the installation.
RENDERED = 64

_TITLE = re.compile(r"# (.+)\n+")
# A cell that begins with an error code, the ID of a rule, or the name of a setting.
_CODE = re.compile(rf"<td><code>({RULE.pattern}|[A-Z](?:[A-Z0-9_]|<wbr>){{3,}})</code>")


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide as it is in its file."""

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
SHELVES: list[tuple[StrOrPromise, list[Guide]]] = [
    (reader, [GUIDES[name] for name in names]) for reader, names in READERS
]


def written(guide: Guide, at: PublicUrls) -> str:
    """Return the guide's Markdown, with addresses and generated parts filled in."""
    text = guide.text.replace("{{ ingest-url }}", at.ingest)
    text = text.replace("{{ portal-url }}", at.portal)
    return filled(text, lambda name: PARTS[name]())


@lru_cache(maxsize=RENDERED)
def read(name: str, at: PublicUrls) -> Document:
    """Return a guide as HTML. Raises KeyError."""
    document = render(written(GUIDES[name], at), is_own=True)
    html = _with_former_anchors(_with_codes(document.html), name)
    return replace(document, html=html)


def _with_codes(html: SafeString) -> SafeString:
    """Add an anchor to the first row of each code (`#INGEST-KEY-002`) or setting (`#LEASE_S`)."""
    seen: set[str] = set()

    def named(cell: re.Match[str]) -> str:
        if cell[1] in seen:
            return cell[0]
        seen.add(cell[1])
        name = cell[1].replace("<wbr>", "")
        return f'<td id="{name}"><code>{cell[1]}</code>'

    return mark_safe(_CODE.sub(named, html))  # noqa: S308 - capitals and digits alone


def _with_former_anchors(html: SafeString, name: str) -> SafeString:
    """Keep links working that lead to the former anchor of a heading."""
    text = str(html)
    for anchor, former in FORMER.get(name, {}).items():
        text = text.replace(f'id="{anchor}">', f'id="{anchor}"><span id="{former}"></span>')  # fmt: skip
    return mark_safe(text)  # noqa: S308 - only our own anchors are added


def neighbours(name: str) -> tuple[Guide | None, Guide | None]:
    """Return the guides before and after this one, if there are any."""
    at = NAMES.index(name)
    before = GUIDES[NAMES[at - 1]] if at else None
    after = GUIDES[NAMES[at + 1]] if at + 1 < len(NAMES) else None
    return before, after
