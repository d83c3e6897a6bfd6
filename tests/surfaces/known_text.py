"""What may be in plain letters on a page in the pseudo-locale: data, names and units."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.apps import apps
from django.db.models import CharField, JSONField, Model, TextField

from streams.docs.guides.shelf import GUIDES
from tests.browser.form_table import FORMS
from tests.portal.table import ROWS

# Names that are the same in every language.
NAMES = {
    "Partner Portal", "Segment", "JSON Schema", "JSON", "YAML", "UTC", "API", "URL", "HTTP",
    "QA", "curl",
}  # fmt: skip
_RULE = r"\b[A-Z]+(?:-[A-Z]+)+-\d+\b"
_UNIT = r"(?<=\d) ?(?:ms|s|[kMG]?B)\b"
_ADDRESS = r"\b[\w.+-]+@[\w.-]+\b|\bhttps?://\S+"
_IDENTIFIER = (
    r"\b[a-z]+(?:[A-Z][a-z]+)+\b|\b\w+_\w+\b|\b\w+(?:\.\w+)+\b"  # userId, a_b, a.b
)
_PATTERNS = re.compile(f"{_ADDRESS}|{_RULE}|{_UNIT}|{_IDENTIFIER}")
_NAMES = re.compile(r"\b(?:" + "|".join(sorted(NAMES, key=len, reverse=True)) + r")\b")
_WORD = re.compile(r"[A-Za-z]{2,}")


def unnamed(text: str) -> str:
    """Return the words of a text that are no names, units or identifiers."""
    return " ".join(_WORD.findall(_NAMES.sub(" ", _PATTERNS.sub(" ", text))))


class Known:
    """The data of a scene, as it is now; `unknown` finds what is neither data nor gettext's."""

    def __init__(self) -> None:
        values = {*_stored(), *_shipped(), *_typed()}
        parts = {value for value in values if len(value) > 1 and _WORD.search(value)}
        longest = sorted(parts, key=len, reverse=True)
        self._values = re.compile(
            r"(?<!\w)(?:" + "|".join(map(re.escape, longest)) + r")(?!\w)"
        )

    def unknown(self, text: str) -> str:
        """Return what is left of a text without data; empty if that holds no word."""
        return unnamed(self._values.sub(" ", text))


def _stored() -> Iterator[str]:
    for model in apps.get_models():
        yield from _stored_in(model)


def _stored_in(model: type[Model]) -> Iterator[str]:
    names = [
        field.name
        for field in model._meta.fields
        if isinstance(field, CharField | TextField | JSONField)
        and not getattr(field, "choices", None)
    ]
    for row in model._default_manager.values_list(*names) if names else ():
        yield from _strings(row)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield " ".join(value.split())
    elif isinstance(value, dict):
        yield from _strings(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings(each)


def _shipped() -> Iterator[str]:
    """Texts of Markdown files, which are not translated."""
    for guide in GUIDES.values():
        yield from (guide.title, guide.summary)


def _typed() -> Iterator[str]:
    """What the walk fills into forms."""
    for form in FORMS:
        yield from _strings(list(form.fields.values()))
    for row in ROWS:
        yield from _strings(list(row.data.values()))
