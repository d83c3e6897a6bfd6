"""The customer guide uses the words of the interface."""

from __future__ import annotations

import re

from django.conf import settings

from streams.docs.guides.index import GUIDES
from streams.observability.feed_state.states import FeedState

TEXT = GUIDES["customers"].text
ROOT = settings.BASE_DIR


def first_cells(heading: str, text: str = TEXT) -> list[str]:
    """Return the first column of the table below a heading, without its header."""
    below = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \|", below, re.MULTILINE)
    return rows[1:]


def test_the_guide_explains_every_connection_status():
    words = {state.word for state in FeedState if state is not FeedState.NO_STREAM}

    assert words == set(first_cells("Connection status"))


def test_the_quick_start_explains_every_status_to_partners():
    words = {state.word for state in FeedState}

    cells = first_cells("Workspace status", GUIDES["quick-start"].text)
    assert words == set(cells)


def test_the_guide_explains_every_figure_of_the_overview():
    overview = (ROOT / "templates/portal/workspace/_overview.html").read_text()

    figures = re.findall('<dt>{% translate "(.+?)" %}</dt>', overview)
    assert first_cells("Monitor your events") == figures


def test_every_label_in_the_guide_is_in_the_interface():
    pages = "".join(
        file.read_text() for file in (ROOT / "templates/portal").glob("**/*.html")
    )
    forms = "".join(
        file.read_text() for file in (ROOT / "streams/portal").rglob("*.py")
    )
    of_segment = {
        "Connections", "Add Source", "HTTP API", "Write Key", "Settings", "API Keys",
        "Debugger",
    }  # fmt: skip

    named = set(re.findall(r"\*\*(.+?)\*\*", TEXT)) - of_segment

    assert {one for one in named if one not in pages and one not in forms} == set()
