"""A page as readers get it: the partner's text, and what the portal prints into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from streams.base.markdown import render
from streams.base.writing import directives, filled
from streams.catalog.pages.kinds import PARTS, Part
from streams.publishing.events import write_changes, write_events, write_properties
from streams.publishing.plain import write_about, write_identity, write_support
from streams.publishing.sending import (
    write_connect,
    write_limits,
    write_regions,
    write_retries,
)
from streams.publishing.troubleshooting import write_troubleshooting

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.base.markdown import Document
    from streams.catalog.pages.kinds import Kind
    from streams.publishing.facts import Facts

WRITERS: dict[str, Callable[[Facts], str]] = {
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


def missing_parts(text: str, kind: Kind) -> list[Part]:
    """What the page must have and does not place: it is added at the end."""
    placed = {directive.name for directive in directives(text)}
    return [
        part
        for part in PARTS.values()
        if kind in part.needed_on and part.name not in placed
    ]


def markdown_of(text: str, facts: Facts) -> str:
    """The whole page as pure Markdown, printed parts written out."""
    added = [
        f"\n\n## {part.heading}\n\n{part.directive}"
        for part in missing_parts(text, facts.kind)
    ]

    return filled(text + "".join(added), _Printer(facts).write)


class _Printer:
    """Prints each part once: a text may ask for one more often than a page can hold."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._printed: set[str] = set()

    def write(self, name: str) -> str | None:
        writer = WRITERS.get(name)
        if writer is None:
            return None
        if name in self._printed:
            return f"What stands here is above: {PARTS[name].says}."
        self._printed.add(name)
        return writer(self._facts)


def document_of(text: str, facts: Facts, *, id_prefix: str = "") -> Document:
    """The whole page as HTML; see base.markdown.render."""
    return render(markdown_of(text, facts), id_prefix=id_prefix)


def address_of(kind: Kind, slug: str) -> str:
    """Where everybody reads it, once it is published."""
    return reverse(f"docs:{kind}", args=[slug])


def title_of(kind: Kind, stream_name: str) -> str:
    """As Segment's docs call a page of this kind."""
    return f"{stream_name} {'Source' if kind == 'source' else 'Integration'}"
