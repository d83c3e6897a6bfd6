"""Export the source page in the format of Segment's docs repository.

The format is that of Segment's template for partner docs (partner.md, 3).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from django.utils.translation import gettext

from streams.base.text.markdown import parse, plain
from streams.publishing.pages import markdown_of, title_of

if TYPE_CHECKING:
    from streams.publishing.page_data import PageData

SECTIONS = {
    "getting started", "stream", "events", "event properties", "adding destinations",
    "add destinations",
}  # fmt: skip
FIRST_PERSON = re.compile(r"\b(?:[Ww]e|[Oo]urs?|us|I|[Mm]y)\b")
# Segment builds its docs with Jekyll, which would interpret these.
BLANK_LINES = re.compile(r"\n{3,}")
LIQUID = re.compile(r"\{\{|\{%")
WITHIN = re.compile(r"(\]\(<?)/docs/")


@dataclass(frozen=True, slots=True)
class Export:
    """A file in Segment's docs repository."""

    path: str
    content: str


def export(text: str, facts: PageData) -> Export:
    """Write the page with its generated sections. Links lead to `facts.origin`."""
    stream = facts.stream
    matter = {"title": title_of(facts.kind, stream.name)}
    if facts.profile.catalog_id:
        matter["id"] = facts.profile.catalog_id
    # A JSON string is valid YAML.
    front = "".join(f"{key}: {json.dumps(matter[key], ensure_ascii=False)}\n" for key in matter)  # fmt: skip
    body = WITHIN.sub(rf"\1{facts.origin}/docs/", markdown_of(text, facts))
    body = BLANK_LINES.sub("\n\n", body).strip()
    body = LIQUID.sub(r"{% raw %}\g<0>{% endraw %}", body)
    path = f"src/connections/sources/catalog/cloud-apps/{stream.slug}/index.md"
    return Export(path, f"---\n{front}---\n\n{body}\n")


def remarks(text: str) -> list[str]:
    """List where the text deviates from Segment's template, which reviewers object to."""
    return list(dict.fromkeys(_remarks(text)))


def _remarks(text: str) -> Iterator[str]:
    tokens = parse(text)
    for opens, inline in pairwise(tokens):
        words = plain(inline) if inline.type == "inline" else ""
        if opens.type == "heading_open" and opens.tag == "h1":
            message = gettext(
                "“%(heading)s” is a first-level heading. Only the page title can be one."
            )
            yield message % {"heading": words}
        own = opens.tag == "h2" and words.strip().lower() not in SECTIONS
        if opens.type == "heading_open" and own:
            message = gettext("“%(heading)s” is not a section of Segment's template. Make it a third-level heading within one of its sections.")  # fmt: skip
            yield message % {"heading": words}
        if match := FIRST_PERSON.search(words):
            message = gettext(
                "“%(word)s” is in the first person. Use the name of the tool instead."
            )
            yield message % {"word": match[0]}
        if any(child.type == "image" for child in inline.children or ()):
            yield gettext(
                "The page has an image. Segment accepts only necessary images."
            )
