"""Build docs pages from the partner's text and the generated sections.

Pages are in the language of their author: nothing in them is translated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import override

from streams.base.text.markdown import render
from streams.base.text.markdown_writer import directives, filled
from streams.catalog.pages.page_kinds import PARTS, GeneratedSection
from streams.publishing.plan_sections import (
    write_changes,
    write_events,
    write_properties,
)
from streams.publishing.sending_sections import (
    write_connect,
    write_limits,
    write_regions,
    write_retries,
)
from streams.publishing.tool_sections import write_about, write_identity, write_support
from streams.publishing.troubleshooting import write_troubleshooting

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.base.text.markdown import Document
    from streams.catalog.pages.page_kinds import PageKind
    from streams.publishing.page_data import PageData

WRITERS: dict[str, Callable[[PageData], str]] = {
    "about": write_about,
    "connect": write_connect,
    "regions": write_regions,
    "identity": write_identity,
    "events": write_events,
    "properties": write_properties,
    "limits": write_limits,
    "retries": write_retries,
    "troubleshooting": write_troubleshooting,
    "changes": write_changes,
    "support": write_support,
}


def missing_parts(text: str, kind: PageKind) -> list[GeneratedSection]:
    """List the required sections that a text doesn't place."""
    placed = {directive.name for directive in directives(text)}
    return [
        part
        for part in PARTS.values()
        if kind in part.needed_on and part.name not in placed
    ]


def markdown_of(text: str, facts: PageData) -> str:
    """Write the whole page as Markdown, with its generated sections."""
    added = [
        f"\n\n## {part.heading}\n\n{part.directive}"
        for part in missing_parts(text, facts.kind)
    ]
    with override(None):
        return filled(text + "".join(added), _Printer(facts).write)


class _Printer:
    """Writes each section once, because a text could repeat one without limit."""

    def __init__(self, facts: PageData) -> None:
        self._facts = facts
        self._printed: set[str] = set()

    def write(self, name: str) -> str | None:
        writer = WRITERS.get(name)
        if writer is None:
            return None
        if name in self._printed:
            return f"See above: {PARTS[name].description}"
        self._printed.add(name)
        return writer(self._facts)


def document_of(text: str, facts: PageData, *, id_prefix: str = "") -> Document:
    """Render the whole page as HTML; see base.markdown.render."""
    return render(markdown_of(text, facts), id_prefix=id_prefix)


def address_of(kind: PageKind, slug: str) -> str:
    """Return the path of the public page."""
    return reverse(f"docs:{kind}", args=[slug])


def title_of(kind: PageKind, stream_name: str) -> str:
    """Return the title of a page, as in Segment's docs."""
    return f"{stream_name} {'Source' if kind == 'source' else 'Integration'}"
