"""The source page as the file that Segment's docs repository wants, for a pull request.

From Segment's template for docs of partners (partner.md, 3).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from streams.base.markdown import parse, plain
from streams.publishing.pages import markdown_of, title_of

if TYPE_CHECKING:
    from streams.publishing.facts import Facts

SECTIONS = {
    "getting started", "stream", "events", "event properties", "adding destinations",
    "add destinations",
}  # fmt: skip
FIRST_PERSON = re.compile(r"\b(?:[Ww]e|[Oo]urs?|us|I|[Mm]y)\b")
# Segment builds its docs with Jekyll, which reads these as its own.
BLANK_LINES = re.compile(r"\n{3,}")
LIQUID = re.compile(r"\{\{|\{%")
WITHIN = re.compile(r"(\]\(<?)/docs/")


@dataclass(frozen=True, slots=True)
class Export:
    """A file of that repository."""

    path: str
    content: str


def export(text: str, facts: Facts) -> Export:
    """Printed parts are written out; links lead to this portal, at `facts.origin`."""
    stream = facts.stream
    matter = {"title": title_of(facts.kind, stream.name)}
    if facts.profile.catalog_id:
        matter["id"] = facts.profile.catalog_id
    # A text in JSON is one in YAML, too.
    front = "".join(f"{key}: {json.dumps(matter[key], ensure_ascii=False)}\n" for key in matter)  # fmt: skip
    body = WITHIN.sub(rf"\1{facts.origin}/docs/", markdown_of(text, facts))
    body = BLANK_LINES.sub("\n\n", body).strip()
    body = LIQUID.sub(r"{% raw %}\g<0>{% endraw %}", body)
    path = f"src/connections/sources/catalog/cloud-apps/{stream.slug}/index.md"
    return Export(path, f"---\n{front}---\n\n{body}\n")


def remarks(text: str) -> list[str]:
    """Where the partner's own words leave Segment's template: reviewers ask for it."""
    return list(dict.fromkeys(_remarks(text)))


def _remarks(text: str) -> Iterator[str]:
    tokens = parse(text)
    for opens, inline in pairwise(tokens):
        words = plain(inline) if inline.type == "inline" else ""
        if opens.type == "heading_open" and opens.tag == "h1":
            yield f"“{words}” is a heading of the first level: the title is that already."
        own = opens.tag == "h2" and words.strip().lower() not in SECTIONS
        if opens.type == "heading_open" and own:
            yield f"“{words}” is a section of your own: make it H3, below one of theirs."
        if match := FIRST_PERSON.search(words):
            yield f"“{match[0]}” speaks in the first person: name the tool instead."
        if any(child.type == "image" for child in inline.children or ()):
            yield "A picture: Segment wants none unless it is needed."
