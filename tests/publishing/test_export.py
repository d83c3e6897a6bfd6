from __future__ import annotations

import pytest
import yaml

from streams.catalog.pages.initial_text import starting_text
from streams.catalog.pages.models import StreamProfile
from streams.catalog.pages.page_kinds import PageKind
from streams.publishing.export import export, remarks
from streams.publishing.page_data import facts_of
from tests import factories


def exported(stream, text: str | None = None):
    facts = facts_of(
        stream, PageKind.SOURCE, origin="https://portal.example", with_pictures=False
    )
    return export(text or starting_text(PageKind.SOURCE, stream), facts)


@pytest.mark.django_db
def test_the_source_page_is_a_file_of_segments_repository():
    stream = factories.stream(slug="postbox", name='Post: "box"')
    StreamProfile.objects.create(stream=stream, catalog_id="0123abc")

    file = exported(stream)
    _, matter, body = file.content.split("---\n", 2)

    assert file.path == "src/connections/sources/catalog/cloud-apps/postbox/index.md"
    assert yaml.safe_load(matter) == {"title": 'Post: "box" Source', "id": "0123abc"}
    assert "\n## Getting started\n" in body


@pytest.mark.django_db
def test_the_export_is_pure_markdown_without_pictures_and_with_absolute_links():
    content = exported(
        factories.stream(), "[ours](/docs/x/) {{ about }}\n\n{{ connect }}"
    )

    assert "{{ connect }}" not in content.content
    assert "![" not in content.content
    assert "[ours](https://portal.example/docs/x/)" in content.content
    assert "(https://portal.example/)" in content.content


@pytest.mark.django_db
def test_jekyll_interprets_nothing_in_it():
    file = exported(
        factories.stream(), "Say `Hello {{ first_name }}` or {% include x %}."
    )

    assert (
        "`Hello {% raw %}{{{% endraw %} first_name }}`"
        " or {% raw %}{%{% endraw %} include x %}." in file.content
    )


def test_the_front_matter_follows_segments_template():
    assert remarks(starting_text(PageKind.SOURCE, None)) == []


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("# Postbox", "“Postbox” is a first-level heading. Only the page title can be one."),
        ("## Our Fees", "“Our Fees” is not a section of Segment's template. Make it a third-level heading within one of its sections."),
        ("Then we send it.", "“we” is in the first person. Use the name of the tool instead."),
        ("![x](/docs/a/logo)", "The page has an image. Segment accepts only necessary images."),
    ],
)  # fmt: skip
def test_expected_objections_of_reviewers_are_reported(text, remark):
    assert remark in remarks(text)


def test_a_remark_is_made_once():
    assert len(remarks("We do.\n\nWe do.")) == 1


def test_code_and_country_names_are_not_first_person():
    assert remarks("In the US\n\n```\nwe\n```") == []
