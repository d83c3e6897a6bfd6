"""Every page with texts 40% longer, in a real browser.

None is wider than a phone, and no script adds an untranslated text.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.test_pages import NAME, PHONE, TOO_WIDE, be, pages
from tests.portal.access_table import Scene, set_scene
from tests.surfaces.english_text import Known
from tests.surfaces.pseudo_locale import pseudo_locale
from tests.surfaces.visible_text import texts_of

pytestmark = pytest.mark.browser


@pytest.fixture
def scene(transactional_db, settings, segment) -> Iterator[Scene]:
    settings.SANDBOX_URL = segment.url
    scene = set_scene()
    for named in (scene.cast.partner, scene.cast.stream, scene.cast.workspace):
        named.name = NAME.strip()[: named._meta.get_field("name").max_length]
        named.save(update_fields=["name"])
    with pseudo_locale():
        yield scene


@pytest.mark.parametrize(
    ("name", "below"),
    [("nobody", ""), ("anna", "w/"), ("anna", "accounts/"), ("petra", "p/")],
)
def test_pages_fit_longer_texts_and_scripts_add_none_in_english(
    page, scene, live_server, name, below
):
    if name != "nobody":
        be(page, scene, live_server, name)
    page.set_viewport_size(PHONE)
    too_wide: dict[str, object] = {}
    plain: dict[str, str] = {}
    known = Known()

    for row in pages(name, below):
        page.goto(live_server.url + scene.url(row))
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            too_wide[row.route] = page.evaluate(TOO_WIDE, PHONE["width"])
        is_docs_page = row.route.startswith(
            "docs/<slug:stream_slug>"
        )  # a partner's text
        for text in () if is_docs_page else texts_of(page.content()):
            if known.unknown(text):
                plain.setdefault(text, row.route)
    page.goto("about:blank")

    assert too_wide == {}, [*too_wide]
    assert plain == {}
