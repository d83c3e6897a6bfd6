"""Parse a docs page as a reader's browser does."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Snippet:
    language: str
    text: str = ""


@dataclass
class Seen(HTMLParser):
    """The snippets (each `pre`), IDs and linked addresses of a page."""

    html: str
    snippets: list[Snippet] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    _in_snippet: bool = False

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if "id" in named:
            self.ids.append(named["id"])
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        if tag == "pre":
            self.snippets.append(Snippet(named["aria-label"]))
            self._in_snippet = True

    def handle_endtag(self, tag):
        if tag == "pre":
            self._in_snippet = False

    def handle_data(self, data):
        if self._in_snippet:
            self.snippets[-1].text += data
