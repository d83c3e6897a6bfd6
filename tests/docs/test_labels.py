"""The guides name buttons, pages and fields as the interface does."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from streams.docs.guides.index import GUIDES

SURFACES = {
    "templates/portal": "*.html",
    "templates/admin": "*.html",
    "streams": "*.py",
}
# A label is bold. So is the start of some list items, which this pattern does not
# match, and a warning, which ends with a period or a colon.
BOLD = re.compile(r"(?<!- )\*\*(?P<text>\S[^*]*)\*\*|- \*\*[^*]+\*\*")


@pytest.fixture(scope="module")
def interface() -> str:
    return "".join(
        file.read_text()
        for folder, names in SURFACES.items()
        for file in (settings.BASE_DIR / folder).rglob(names)
    )


@pytest.mark.parametrize("name", ["quick-start", "user-ids", "rules", "operators"])
def test_every_label_in_a_guide_is_in_the_interface(name, interface):
    found = BOLD.finditer(GUIDES[name].text)
    bold = {match["text"].replace("\n", " ") for match in found if match["text"]}
    labels = {text for text in bold if not text.endswith((".", ":"))}

    assert labels
    assert {one for one in labels if not _names(interface, one)} == set()


def _names(interface: str, label: str) -> bool:
    """Return whether a text is in the interface. The admin capitalizes model names."""
    return any(f'"{one}"' in interface for one in (label, label.lower()))
