"""Read a form from a page as a browser would: its URL, and the values of its fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit


@dataclass(slots=True)
class SentForm:
    """A form with the values that it would send."""

    action: str  # the URL with its query
    values: dict[str, list[str]] = field(default_factory=dict)
    unchecked: dict[str, list[str]] = field(default_factory=dict)  # boxes
    file: str = ""  # the name of the field for a file

    def add(self, name: str | None, value: str) -> None:
        if name:
            self.values.setdefault(name, []).append(value)


class _Forms(HTMLParser):
    """Collects the POST forms of a page."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url, self.forms = url, []
        self._form: SentForm | None = None
        self._select = self._text = None

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "form" and found.get("method") == "post":
            self._form = SentForm(urljoin(self.url, found.get("action") or ""))
            self.forms.append(self._form)
        elif self._form is None or "disabled" in found:
            return
        elif tag in ("input", "button"):
            self._input(tag, found)
        elif tag == "select":
            self._select = found.get("name")
        elif tag == "option" and "selected" in found:
            self._form.add(self._select, found.get("value", ""))
        elif tag == "textarea":
            self._text = found.get("name")

    def _input(self, tag, found):
        kind = found.get("type", "submit" if tag == "button" else "text")
        if kind == "file":
            self._form.file = found.get("name")
        is_left_out = kind == "file" or (
            kind in ("radio", "checkbox") and "checked" not in found
        )
        if kind == "checkbox" and "checked" not in found:
            boxes = self._form.unchecked.setdefault(found.get("name"), [])
            boxes.append(found.get("value", "on"))
        # A browser sends the name of the button that is pressed: here, the first.
        is_second = kind == "submit" and found.get("name") in self._form.values
        if not is_left_out and not is_second:
            self._form.add(
                found.get("name"),
                found.get("value", "on" if kind == "checkbox" else ""),
            )

    def handle_data(self, data):
        if self._text and self._form:
            self._form.add(self._text, data.removeprefix("\r\n").removeprefix("\n"))
            self._text = None

    def handle_endtag(self, tag):
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._text = None


def form_in(page: str, url: str, action: str) -> SentForm:
    """Return the POST form of a page at `url` that sends to the path `action`."""
    forms = _Forms(url)
    forms.feed(page)
    return next(one for one in forms.forms if urlsplit(one.action).path == action)
