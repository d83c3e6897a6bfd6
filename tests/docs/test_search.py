from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from streams.base.public_urls import PublicUrls
from streams.base.text.markdown import render
from streams.catalog.stage import Stage
from streams.docs.search.corpus import corpus
from streams.docs.search.ranking import MOST_OF_PAGE, search
from streams.docs.search.sections import sections_of
from tests import factories

AT = PublicUrls("https://portal.example", "https://in.example")


def hrefs(query: str) -> list[str]:
    return [result.href for result in search(query, corpus(AT))]


def section(text: str, heading: str = "", page: str = "Page", path: str = "/p/"):
    return sections_of(render(f"## {heading}\n\n{text}").html, page=page, path=path)[-1]


def test_a_page_is_split_at_its_headings():
    html = (
        "<p>Before</p>" + render("## One *two*\n\nA `b`.\n\n### Three\n\n- c\n- d").html
    )

    found = sections_of(html, page="Page", path="/p/")

    assert [(one.anchor, one.heading, one.text) for one in found] == [
        ("", "", "Before"),
        ("one-two", "One two", "A b."),
        ("three", "Three", "c d"),
    ]


def test_the_cells_and_rows_of_a_table_are_separated():
    table = "| Limit | Value |\n|---|---|\n| Retention | 30 days |\n| Size | 32 KB. |"

    assert section(table).text == "Limit · Value. Retention · 30 days. Size · 32 KB."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("SPEC-NAME-003", "/docs/guide/rules/#SPEC-NAME-003"),
        ("ingest-key-002", "/docs/guide/ingest/#INGEST-KEY-002"),
        ("ingest key", "/docs/guide/ingest/#ingest-keys-and-api-tokens"),
        ("validation mode", "/docs/guide/ingest/#validation-modes"),
        ("Create a token", "/docs/guide/quick-start/#1-create-a-token"),
        ("idempotency-key", "/docs/guide/api/"),
        ("export", "/docs/guide/customers/#export-a-list"),
        (
            "why was my event not delivered",
            "/docs/guide/customers/#find-out-why-an-event-was-not-delivered",
        ),
    ],
)
def test_the_best_section_comes_first(query, first):
    assert hrefs(query)[0].startswith(first)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        *("write key", "region", "paused", "pause", "replay", "not delivered"),
        *("queue", "delete", "invite", "keys"),
    ],
)
def test_searches_of_customers_do_not_lead_to_the_operator_guide(query):
    assert not hrefs(query)[0].startswith("/docs/guide/operators/")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("ENCRYPTION_KEYS", "/docs/guide/operators/#ENCRYPTION_KEYS"),
        ("work queue", "/docs/guide/operators/#work-queue"),
        ("stop delivery", "/docs/guide/operators/#stop-delivery"),
        ("backup", "/docs/guide/operators/"),
    ],
)
def test_operators_find_their_own_words(query, first):
    assert hrefs(query)[0].startswith(first)


def test_headings_outrank_text_and_all_words_outrank_some():
    in_text = section("Keys and keys and a region.", "Other")
    in_heading = section("Nothing.", "Regions and keys")
    one_word = section("A key.", "Key", path="/q/")

    found = search("key region", [one_word, in_text, in_heading])

    assert [one.section for one in found] == [in_heading, in_text]
    assert search("key nowhere", [one_word])[0].section == one_word


def test_a_word_is_found_by_its_beginning_in_singular_and_plural():
    text = section("The Deliveries of a user_id.")

    for query in ("delivery", "deliver", "users", "ID", "  Deliveries, "):
        assert search(query, [text])
    assert search("eliver", [text]) == search("", [text]) == search("?!", [text]) == []


def test_matches_are_highlighted_in_the_excerpt():
    long = section("word " * 100 + "a write key here " + "word " * 100)

    (result,) = search("KEY write", [long])

    assert [text for text, found in result.excerpt if found] == ["write", "key"]
    whole = "".join(text for text, _ in result.excerpt)
    assert whole.startswith("… word")
    assert whole.endswith("word …")
    assert len(whole) < 240


def test_one_page_does_not_fill_the_list():
    many = [section("key", f"Key {at}") for at in range(10)]

    found = search("key", [*many, section("key", path="/q/")])

    assert [one.section.path for one in found] == ["/p/"] * MOST_OF_PAGE + ["/q/"]


@pytest.mark.django_db
def test_pages_of_a_stream_are_found_with_their_generated_sections():
    stream = factories.stream(slug="postbox", name="Postbox")
    factories.published_pages(stream)
    factories.published_plan(stream, "Parcel Weighed")

    assert hrefs("parcel weighed")[0] == "/docs/postbox/#parcel-weighed"
    assert {one.split("#")[0] for one in hrefs("SPEC-NAME-003")} == {
        "/docs/guide/rules/"
    }


@pytest.mark.django_db
def test_neither_drafts_nor_suspended_streams_are_found():
    stream = factories.stream(slug="postbox")
    factories.page_version(stream, text="zebras", published_at=None)
    other = factories.stream(stage=Stage.SUSPENDED)
    factories.page_version(other, text="zebras")

    assert hrefs("zebras") == []


@pytest.mark.django_db
def test_a_page_is_indexed_once_until_it_changes():
    stream = factories.stream(slug="postbox")
    factories.page_version(stream, text="zebras")

    def queries() -> int:
        with CaptureQueriesContext(database) as asked:
            found = hrefs("zebras")
        assert len(found) == 1
        return len(asked)

    assert queries() > 1
    assert queries() == 1
    factories.page_version(stream, number=2, text="zebras, and more")
    assert queries() > 1


@pytest.mark.django_db
def test_the_results_page_says_what_it_found_and_is_not_indexed_by_search_engines(
    client,
):
    response = client.get("/docs/search/", {"q": "<b>userId</b> write key"})

    assert '<meta name="robots" content="noindex">' in response.text
    assert 'rel="canonical"' not in response.text
    assert "public" in response.headers["Cache-Control"]
    assert "&lt;b&gt;userId&lt;/b&gt;" in response.text
    assert "<mark>" in response.text
    assert "No results." in client.get("/docs/search/?q=qqqq").text
    assert "<ol" not in client.get("/docs/search/").text
