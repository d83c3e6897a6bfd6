"""Split pasted text into events: a single one, a list, a batch, or one per line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from streams.spec.decode.positions import InvalidJson, JsonPosition, locate

MOST_EVENTS = 100


@dataclass(frozen=True, slots=True)
class PastedEvent:
    """One event of the text."""

    text: str
    line: int  # of its start, from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedText:
    """The events of the text."""

    pieces: list[PastedEvent]
    left_out: int = 0  # events beyond MOST_EVENTS
    # The context of a batch, which applies to all of its events.
    context: Mapping[str, Any] = field(default_factory=dict)


def pieces_of(text: str) -> PastedText:
    """Split a text whose lines end with \\n. Raises InvalidJson.

    In JSON lines, an invalid line is a piece like the others and doesn't affect them.
    """
    try:
        root = locate(text)
    except InvalidJson:
        lines = list(_lines(text))
        if len(lines) < 2 or not all(line.text.startswith("{") for line in lines):
            raise
        left_out = max(0, len(lines) - MOST_EVENTS)
        return PastedText(pieces=lines[:MOST_EVENTS], left_out=left_out)
    batch = root.inside.get("batch") if isinstance(root.inside, dict) else root
    if batch is None or not isinstance(batch.inside, list):
        return PastedText(pieces=[_piece(text, root)])
    return PastedText(
        pieces=[_piece(text, one) for one in batch.inside[:MOST_EVENTS]],
        left_out=max(0, len(batch.inside) - MOST_EVENTS),
        context=_context(text, root),
    )


def _lines(text: str) -> Iterator[PastedEvent]:
    for number, line in enumerate(text.split("\n"), start=1):
        if event := line.strip():
            yield PastedEvent(event, number)


def _piece(text: str, place: JsonPosition) -> PastedEvent:
    """Cut out an event and remove the indentation of its first line from all lines."""
    line_start = text.rfind("\n", 0, place.start) + 1
    before = text[line_start : place.start]
    indent = before[: len(before) - len(before.lstrip())]
    first, *others = text[place.start : place.end].split("\n")
    moved = [first, *(other.removeprefix(indent) for other in others)]
    return PastedEvent("\n".join(moved), text.count("\n", 0, place.start) + 1)


def _context(text: str, root: JsonPosition) -> Mapping[str, Any]:
    place = root.inside.get("context") if isinstance(root.inside, dict) else None
    if place is None or not isinstance(place.inside, dict):
        return {}
    try:
        context: dict[str, Any] = msgspec.json.decode(text[place.start : place.end])
    except (msgspec.DecodeError, ValueError, RecursionError):
        return {}  # ingest refuses such a batch, but its events are checked anyway
    return context
