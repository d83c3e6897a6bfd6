"""Every page for every role: translated texts, named links, one primary button."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.test.signals import template_rendered
from django.test.utils import override_settings

from streams.base.outbox import BACKEND
from tests.portal.access_table import set_scene
from tests.servers.keeper import ROOT
from tests.surfaces.all_pages import walk
from tests.surfaces.english_text import Known
from tests.surfaces.pseudo_locale import pseudo_locale
from tests.surfaces.undefined_variables import noting_undefined
from tests.surfaces.untranslated_text import untranslated
from tests.surfaces.visible_text import texts_of

if TYPE_CHECKING:
    from tests.surfaces.visits import Visit

TEMPLATES = ROOT / "templates"
PRIMARY = re.compile(r'class="button[^"]* first\b')
# A number says nothing in a list of links, without its row or column.
NUMBER_LINK = re.compile(r"<a (?![^>]*aria-label)[^>]*>\s*[\d,.]+\s*</a>")
# The sandbox serves it as a file: it runs without Django.
STATIC = TEMPLATES / "sandbox"


@dataclass
class Seen:
    """Everything that one walk over all pages has shown."""

    texts: dict[str, str] = field(default_factory=dict)  # with the first page of each
    undefined: set[str] = field(default_factory=set)
    primary: dict[str, int] = field(default_factory=dict)  # pages with more than one
    bare_numbers: dict[str, list[str]] = field(default_factory=dict)
    rendered: set[str] = field(default_factory=set)

    def note_template(self, sender: object, template: object, **_: object) -> None:
        self.rendered.add(str(template.origin.name))

    def note_buttons(self, visit: Visit) -> None:
        """Count the primary buttons: one says what to do next, two compete."""
        found = len(PRIMARY.findall(visit.html))
        if found > 1 and "/admin/components/" not in visit.what:
            self.primary[visit.what] = found

    def note_links(self, visit: Visit) -> None:
        """Find links of the portal whose name is only a number."""
        found = NUMBER_LINK.findall(visit.html)
        if found and "/admin/" not in visit.what:
            self.bare_numbers[visit.what] = found


@pytest.fixture
def seen(db, settings, segment, tmp_path) -> Seen:
    settings.SANDBOX_URL = segment.url
    kept = {"BACKEND": BACKEND, "OPTIONS": {"file_path": tmp_path}}
    settings.MAILERS = {"default": kept}  # so the admin has its outbox
    seen, scene = Seen(), set_scene()
    template_rendered.connect(seen.note_template)
    try:
        with (
            pseudo_locale(),
            override_settings(SECURE_SSL_REDIRECT=False),
            noting_undefined() as seen.undefined,
        ):
            for visit in walk(scene):
                seen.note_buttons(visit)
                seen.note_links(visit)
                for text in texts_of(visit.html):
                    seen.texts.setdefault(text, visit.what)
    finally:
        template_rendered.disconnect(seen.note_template)
    return seen


# One test, because the walk takes a while and workers of xdist share nothing.
def test_texts_are_translated_variables_defined_links_named_and_one_button_primary(
    seen,
):
    ours = {str(path) for path in TEMPLATES.rglob("*.html") if not is_static(path)}
    known = Known()
    plain = {
        text: what
        for text, what in seen.texts.items()
        if not what.startswith("nobody: get /docs/stream")  # written by the partner
        and known.unknown(text, is_staff=what.startswith("olga"))
    }

    assert plain == {}
    assert seen.primary == {}
    assert seen.bare_numbers == {}
    assert seen.undefined == set()
    assert ours - seen.rendered == set()


def test_no_template_has_an_untranslated_text():
    found = defaultdict(list)
    for path in sorted(TEMPLATES.rglob("*.*")):
        for text in () if is_static(path) else untranslated(path):
            found[path.relative_to(TEMPLATES).as_posix()].append(text)

    assert found == {}


def is_static(path: Path) -> bool:
    return path.is_relative_to(STATIC)
