"""Text that may stay English in the pseudo-locale: data, names and units."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import CharField, JSONField, Model, TextField
from django.utils.functional import Promise
from django.utils.text import camel_case_to_spaces, capfirst

from streams.catalog.models import Stream
from streams.catalog.pages.page_kinds import CATEGORIES, PARTS
from streams.catalog.plans.authoring.templates import templates
from streams.catalog.plans.plan import TYPES, to_json
from streams.catalog.validation.portal_test_event import TEST_EVENT
from streams.catalog.validation.rules import RULES
from streams.docs.guides.index import GUIDES
from streams.spec.call_structure import CALLS
from streams.spec.spec_data import EVENTS
from streams.tenancy.time_zones import zones_to_choose
from tests.browser.all_forms import FORMS
from tests.portal.access_table import ROWS

# Names that are the same in every language.
NAMES = {
    "Partner Portal", "Segment", "JSON Schema", "JSON", "YAML", "UTC", "API", "URL", "HTTP",
    "QA", "curl", "ms",
}  # fmt: skip
_RULE = r"\b[A-Z]+(?:-[A-Z]+)+-\d+\b"
_HASH = r"\b\w+\*{8,}"
_UNIT = r"(?<=\d) ?(?:ms|s|[kMG]?B)\b"
_ADDRESS = r"\b[\w.+-]+@[\w.-]+\b|\bhttps?://\S+|(?<!\w)/[\w/.<>:-]+"
_PUBLIC_ID = r"\b(?=\w*\d)[a-z0-9]{12}\b"
_IDENTIFIER = (
    r"\b[a-z]+(?:[A-Z][a-z]+)+\b|\b\w+_\w+\b|\b\w+(?:\.\w+)+\b"  # userId, a_b, a.b
)
_PATTERNS = re.compile(f"{_ADDRESS}|{_HASH}|{_PUBLIC_ID}|{_RULE}|{_UNIT}|{_IDENTIFIER}")
_NAMES = re.compile(r"\b(?:" + "|".join(sorted(NAMES, key=len, reverse=True)) + r")\b")
_CLASS = re.compile(r"[a-z]+(?:-[a-z]+)+")
_WORD = re.compile(r"[A-Za-z]{2,}")


def unnamed(text: str) -> str:
    """Return the words of a text that are not names, units or identifiers."""
    if text.startswith(("{", "[")) or _CLASS.fullmatch(text):  # JSON, a name in CSS
        return ""
    return " ".join(_WORD.findall(_NAMES.sub(" ", _PATTERNS.sub(" ", text))))


class Known:
    """The data of a scene.

    `unknown` finds text that comes from neither data nor gettext.
    """

    def __init__(self) -> None:
        data = {*_stored(), *_shipped(), *_typed()}
        self._data = _any_of(data)
        self._staff_data = _any_of({*data, *_names_of_tables()})

    def unknown(self, text: str, *, is_staff: bool = False) -> str:
        """Return what is left of a text without data, or "" if that has no word."""
        data = self._staff_data if is_staff else self._data
        return unnamed(data.sub(" ", _PATTERNS.sub(" ", text)))


def _any_of(values: set[str]) -> re.Pattern[str]:
    parts = {str(value) for value in values if _WORD.search(str(value))}
    longest = sorted(parts, key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest)) + r")(?!\w)")


def _names_of_tables() -> Iterator[str]:
    """Return the names of models and fields, which the admin shows without labels."""
    for model in apps.get_app_config("streams").get_models():
        named, plain = model._meta, camel_case_to_spaces(model.__name__)
        if isinstance(named.verbose_name, str):
            yield from _with_capital(plain, str(named.verbose_name_plural))
        for field in named.fields:
            if isinstance(field.verbose_name, str):
                yield from _with_capital(field.name.replace("_", " "))
        yield from (str(row) for row in model._default_manager.all()[:20])
    yield from Permission.objects.values_list("name", flat=True)
    yield from ("None", "True", "False", "ID", "5xx", "md5", "Search")


def _with_capital(*names: str) -> Iterator[str]:
    for name in names:
        yield from (name, capfirst(name))


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
    if isinstance(value, str | Promise):
        value = str(value)
        yield " ".join(value.split())
        if "\n" in value:
            yield from _strings(value.split("\n"))
    elif isinstance(value, dict):
        yield from _strings(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _strings(each)


def _shipped() -> Iterator[str]:
    """Return texts that stay English: of guides, rules, Spec, plans, public docs."""
    for guide in GUIDES.values():
        yield from (guide.title, guide.summary)
    for rule in RULES.values():
        yield rule.title
    for name in Stream.objects.values_list("name", flat=True):
        yield from (f"{name} Source", f"{name} Integration")
    for one in templates():
        yield from _strings(to_json(one.plan))
    yield from (name.replace("_", " ") for name in zones_to_choose())
    yield from EVENTS
    yield settings.MTU_PRICES_SOURCE
    # Stored and typed in states that are rolled back.
    yield from ("Segment returned 503.", "Segment returned 503", "none")
    yield from _strings([part.heading for part in PARTS.values()])
    yield from _strings([*CATEGORIES, *TYPES, *CALLS, TEST_EVENT])


# Rows that the walk rolls back, and names of Python and Django.
_ON_THE_WAY = {
    "Bad", "Drill", "Email Clicked", "Email Unsubscribed", "Firefox", "It happens.", "New.",
    "P Integration", "P Source", "Purchase", "QA Europe", "QA US", "Sent", "Typo", "us",
    "Bad Request (400)",
}  # fmt: skip


def _typed() -> Iterator[str]:
    """Return the values that the walk enters into forms."""
    yield from _ON_THE_WAY
    for form in FORMS:
        yield from _strings(list(form.fields.values()))
    for row in ROWS:
        yield from _strings(list(row.data.values()))
