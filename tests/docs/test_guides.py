from __future__ import annotations

import re
from urllib.parse import urldefrag

import pytest

from streams.catalog.validation.rules import RULES
from streams.docs.guides.index import FOLDER, GUIDES, NAMES, neighbours
from streams.docs.guides.renamed_headings import FORMER
from tests import factories
from tests.docs.parsed_page import Seen

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages(client) -> dict[str, Seen]:
    """Return the index, every guide, search results and a stream's pages, by path."""
    stream = factories.stream(slug="postbox", name="Postbox")
    factories.published_pages(stream)
    factories.published_plan(stream, "Email Opened", "Support")
    paths = [
        "/docs/",
        *(guide.path for guide in GUIDES.values()),
        "/docs/search/?q=key",
        "/docs/postbox/",
        "/docs/postbox/integration/",
    ]
    return {path: Seen(client.get(path).text) for path in paths}


def test_every_guide_is_listed():
    assert {file.stem for file in FOLDER.glob("*.md")} == set(NAMES)


def test_every_link_within_the_docs_leads_somewhere(pages, client):
    lost = []
    for path, page in pages.items():
        for link in page.links:
            target, anchor = urldefrag(link)
            if re.match(r"[a-z]+:", target):
                continue  # another site's
            found = pages.get(target or path)
            if found is None and client.get(target).status_code not in (200, 302):
                lost.append((path, link))
            if found is not None and anchor and anchor not in found.ids:
                lost.append((path, link))

    assert lost == []


def test_former_anchors_lead_to_the_renamed_headings(pages):
    anchors = {
        f"/docs/guide/{guide}/": {*renamed.keys(), *renamed.values()}
        for guide, renamed in FORMER.items()
    }

    assert {path: found - set(pages[path].ids) for path, found in anchors.items()} == {
        path: set() for path in anchors
    }


def test_no_page_has_a_duplicate_id(pages):
    assert {
        path: {one for one in page.ids if page.ids.count(one) > 1}
        for path, page in pages.items()
    } == {path: set() for path in pages}


def test_no_page_has_an_inline_script_or_style(pages):
    inline = re.compile(r"<script(?![^>]* src=)|<style| style=| on\w+=")

    assert [path for path, page in pages.items() if inline.search(page.html)] == []


def test_every_issue_links_to_its_rule(pages):
    assert {f"/docs/guide/rules/#{rule}" for rule in RULES} <= set(
        pages["/docs/postbox/integration/"].links
    )


def test_every_generated_section_is_filled_in(pages):
    assert [path for path, page in pages.items() if "{{" in page.html] == []


def test_a_code_is_found_by_its_name(pages):
    assert "INGEST-KEY-002" in pages["/docs/guide/ingest/"].ids


def test_guides_link_to_the_next_and_the_previous_guide():
    order = [neighbours(name) for name in NAMES]

    assert order[0][0] is None
    assert order[-1][1] is None
    assert [after.name for _, after in order[:-1]] == list(NAMES[1:])
    assert [before.name for before, _ in order[1:]] == list(NAMES[:-1])


def test_an_unchanged_page_is_not_sent_again(client):
    first = client.get("/docs/guide/quick-start/")

    again = client.get(
        "/docs/guide/quick-start/", headers={"If-None-Match": first.headers["ETag"]}
    )

    assert (again.status_code, again.content) == (304, b"")


def test_an_unknown_guide_does_not_exist(client):
    assert client.get("/docs/guide/nothing/").status_code == 404
