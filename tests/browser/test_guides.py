"""The guides are accessible, fit a phone, and write nothing to the console."""

from __future__ import annotations

import pytest

from streams.docs.guides.index import GUIDES
from tests.browser.page_actions import barriers

pytestmark = pytest.mark.browser

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 375, "height": 740}


def test_no_guide_and_no_search_has_a_barrier_or_is_wider_than_a_phone(
    page, live_server
):
    found = {}

    for path in (*(guide.path for guide in GUIDES.values()), "/docs/search/?q=key"):
        page.goto(live_server.url + path)
        for scheme, size in (("light", DESK), ("dark", PHONE)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            width = page.evaluate("document.documentElement.scrollWidth")
            if (problems := barriers(page)) or width > size["width"]:
                found[path, scheme] = (problems, width)

    assert found == {}
