from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.base.text.markdown import (
    ATTRIBUTE_VALUES,
    ATTRIBUTES,
    TAGS,
    Heading,
    render,
)
from tests.base.hostile_markdown import MARKDOWN

SCHEMES = ("http:", "https:", "mailto:", "#", "/")


class Elements(HTMLParser):
    """The elements of some HTML with their attributes, as a browser parses them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_comment(self, data):
        self.found.append(("comment", {}))

    handle_decl = handle_pi = unknown_decl = handle_comment


def dangers(html: str) -> list[object]:
    """Return everything that could run code or contact another site on its own."""
    found: list[object] = []
    for tag, attributes in Elements(html).found:
        allowed = {"class", "rel"}
        allowed |= ATTRIBUTES.get(tag, set()) | ATTRIBUTE_VALUES.get(tag, {}).keys()
        found += [tag] if tag not in TAGS else []
        found += [(tag, name) for name in attributes if name not in allowed]
        href, src = attributes.get("href", "#"), attributes.get("src", "/docs/x")
        if ":" in href.split("/")[0] and not href.lower().startswith(SCHEMES):
            found.append(href)
        if not src.startswith(("/docs/", "/static/")) or ".." in src:
            found.append(src)
    return found


@pytest.mark.parametrize("text", MARKDOWN)
def test_hostile_markdown_is_inert(text):
    assert dangers(render(text).html) == []


def test_all_hostile_markdown_on_one_page_is_inert():
    assert dangers(render("\n\n".join(MARKDOWN)).html) == []
    assert dangers(render("".join(MARKDOWN)).html) == []


@given(st.lists(st.sampled_from([*MARKDOWN, "*", "[", "](", "`", "|", "\n", "<", ">"])))
def test_no_mixture_of_hostile_markdown_runs(texts):
    assert dangers(render("".join(texts)).html) == []


def test_the_check_for_dangers_finds_them():
    html = (
        "<p onclick=x><b>x</b><a href='javascript:x'>x</a><img src='//evil'><!-- x -->"
    )

    assert dangers(html) == [("p", "onclick"), "b", "javascript:x", "//evil", "comment"]


def test_headings_have_anchors_and_form_the_contents():
    document = render("# One\n\n## `Two` & *more*\n\n### One\n\n#### Deep\n\n## ✉️")

    assert document.headings == (
        Heading(2, "one", "One"),
        Heading(2, "two-more", "Two & more"),
        Heading(3, "one-2", "One"),
        Heading(4, "deep", "Deep"),
        Heading(2, "section", "✉️"),
    )
    assert [one.id for one in document.contents] == ["one", "two-more", "one-2", "section"]  # fmt: skip
    assert '<h3 id="one-2">One <a href="#one-2" class="anchor"' in reordered(
        document.html
    )


def test_a_heading_that_starts_with_a_rule_is_linked_by_the_rules_id():
    document = render("## SPEC-NAME-003: A name\n\n## SPEC-NAMES")

    assert [one.id for one in document.headings] == ["SPEC-NAME-003", "spec-names"]


def test_no_two_anchors_share_an_id():
    document = render("## A\n\n## A 2\n\n## A", id_prefix="preview-")

    assert [one.id for one in document.headings] == [
        "preview-a", "preview-a-2", "preview-a-3",
    ]  # fmt: skip


def test_a_narrow_column_may_break_a_path_between_its_names_only():
    html = render("Set `context.campaign_name` to `a.b. <c>`.").html

    assert "<code>context.<wbr>campaign_<wbr>name</code>" in html
    assert "<code>a.<wbr>b. &lt;c&gt;</code>" in html


def test_code_is_highlighted_by_classes_and_scrolled_by_keyboard():
    html = render('```json\n{"a": 1}\n```').html

    assert '<span class="nt">"a"</span>' in html
    assert "style" not in html
    assert ("pre", {"tabindex": "0", "role": "group", "aria-label": "json"}) in Elements(html).found  # fmt: skip


def test_code_in_an_unknown_language_is_plain():
    html = render("```brainfuck\n<+>\n```").html

    assert '<code class="coloured">&lt;+&gt;\n</code>' in html


def test_a_table_scrolls_separately_and_is_aligned_by_classes():
    html = render("| Name | Count |\n|---|--:|\n| a | 1 |").html

    assert '<th scope="col" class="right">Count</th>' in html
    assert '<td class="right">1</td>' in html
    assert html.startswith('<div class="scroll"')


def test_pictures_come_from_this_portal_only():
    document = render(
        "![Logo](/docs/postbox/logo) ![A *cat*](https://evil.example/c.png)"
    )

    assert document.pictures_left_out == ("https://evil.example/c.png",)
    assert 'src="/docs/postbox/logo"' in document.html
    assert document.html.endswith(" A cat</p>\n")


def reordered(html: str) -> str:
    """Return the HTML with an anchor's attributes in one order."""
    return html.replace('class="anchor" href="#one-2"', 'href="#one-2" class="anchor"')
