"""The texts of an HTML page that people read or hear."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {
    "area",
    "base",
    "br",
    "col",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "wbr",
}
# Code, data, and texts that stay English: those of guides, docs and rules.
NOT_READ = {"script", "style", "code", "pre", "kbd", "samp", "textarea", "template"}
NOT_READ_CLASSES = {
    "code", "difference", "docs-contents", "docs-results", "mono", "prose",
}  # fmt: skip
READ_ATTRIBUTES = (
    "placeholder", "title", "aria-label", "alt", "data-copy-label", "data-copied",
)  # fmt: skip
BUTTONS = {"submit", "button", "reset"}


@dataclass
class VisibleText(HTMLParser):
    """Collects the text nodes and attributes of a page, stripped."""

    html: str
    texts: list[str] = field(default_factory=list)
    _open: list[tuple[str, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)

    @property
    def _is_read(self) -> bool:
        return all(is_read for _, is_read in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        classes = set(named.get("class", "").split())
        is_english = tag != "html" and named.get("lang") == "en"
        is_read = not (is_english or tag in NOT_READ or classes & NOT_READ_CLASSES)
        if self._is_read and (is_read or tag == "textarea"):
            self._add_attributes(tag, named)
        if tag not in VOID:
            self._open.append((tag, is_read))

    def _add_attributes(self, tag: str, named: dict[str, str]) -> None:
        self.texts += [named[name] for name in READ_ATTRIBUTES if named.get(name)]
        if tag == "input" and named.get("type") in BUTTONS and named.get("value"):
            self.texts.append(named["value"])
        if tag == "meta" and named.get("name") == "description":
            self.texts.append(named["content"])

    def handle_endtag(self, tag: str) -> None:
        while any(each == tag for each, _ in self._open):
            if self._open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._is_read and data.strip():
            self.texts.append(" ".join(data.split()))


def texts_of(html: str) -> list[str]:
    return VisibleText(html).texts
