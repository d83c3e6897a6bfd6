"""A walk through properties, traits and context, beside the tables of the Spec.

One pass, breadth first, without recursion: it takes time in proportion to the size of
what is given, however deep that is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streams.spec.gates import passes
from streams.spec.places import LONGEST_PART, LONGEST_TEXT, Fault, Place, Style, Table
from streams.spec.rules import RULES
from streams.spec.shapes import inner, shape_of

if TYPE_CHECKING:
    from streams.spec.findings import Finding
    from streams.spec.shapes import Shape

MAX_FINDINGS = 20  # of one event: whoever has more of them corrects these first
MOST_KEYS = 300  # properties or traits of one event that Segment's Unify keeps

# The way to a place, from within: made a path for a finding alone.
type Spot = tuple[Spot | None, str | int]

_CUT = Fault(
    RULES["SPEC-SIZE-002"],
    f"{{path}} has more than {LONGEST_TEXT} characters: warehouses cut it there.",
    "Send less, or a link to the whole text.",
)
_TOO_MANY = Fault(
    RULES["SPEC-COUNT-001"],
    f"{{path}} has more than {MOST_KEYS} keys, inner ones counted: Segment's Unify drops"
    " such events without a word.",
    "Send what the customer can use, and leave the rest out.",
)


def look(
    table: Table,
    content: Mapping[str, Any],
    name: str,
    accepted: frozenset[str],
    found: list[Finding],
) -> None:
    """Add what is wrong with a field of the event; at most MAX_FINDINGS with the rest."""
    shape = shape_of(table, tuple(content), accepted)
    if shape.gate is None or not passes(content, shape.gate):
        walk(shape, table, content, name, accepted, found)


def walk(
    shape: Shape,
    table: Table,
    content: Mapping[str, Any],
    name: str,
    accepted: frozenset[str],
    found: list[Finding],
) -> None:
    """As `look`, of what may well be wrong."""
    if shape.faults:
        found += shape.findings(name)[: max(0, MAX_FINDINGS - len(found))]
    count = len(content)
    # Most are flat and in order: they are not gone through again.
    if closer := _to_look_at_closer(content, shape):
        deeper = _Walk(accepted, found)
        for key in closer:
            deeper.look_closer(table, key, content[key], (None, name))
        for inner_table, inside, spot in deeper.todo:  # which grows
            count += len(inside)
            deeper.look_at(inner_table, inside, spot)
    if count > MOST_KEYS and table.style is not Style.ANY and len(found) < MAX_FINDINGS:
        found.append(_TOO_MANY.at(name))


def _to_look_at_closer(content: Mapping[str, Any], shape: Shape) -> Sequence[str]:
    """Keys of values whose type and length do not say all."""
    # Most events have none, which is told in a third of the time.
    plain_anywhere = shape.plain_anywhere
    for value in content.values():
        kind = type(value)
        if kind not in plain_anywhere or (kind is str and len(value) > LONGEST_TEXT):
            break
    else:
        return ()
    return [
        key
        for key, value, plain in zip(
            content, content.values(), shape.plain, strict=True
        )
        if (kind := type(value)) not in plain
        or (kind is str and len(value) > LONGEST_TEXT)
    ]


@dataclass(slots=True)
class _Walk:
    accepted: frozenset[str]
    found: list[Finding]
    todo: list[tuple[Table, Mapping[str, Any], Spot]] = field(default_factory=list)

    def look_at(self, table: Table, content: Mapping[str, Any], spot: Spot) -> None:
        """At one object; those in it are left to do."""
        shape = shape_of(table, tuple(content), self.accepted)
        for key, fault in shape.faults:
            self.add(fault, (spot, key))
        for key in _to_look_at_closer(content, shape):
            self.look_closer(table, key, content[key], spot)

    def add(self, fault: Fault, spot: Spot) -> None:
        if len(self.found) < MAX_FINDINGS:
            self.found.append(fault.at(_path(spot)))

    def look_closer(self, table: Table, key: str, value: Any, of: Spot) -> None:
        """At one value of the object that is at `of`."""
        place = table.places.get(key)
        kind, spot = type(value), (of, key)
        if place is not None:
            if not place.accepts(kind, self.accepted):
                self.add(place.wrong_type(kind), spot)
                return
            if place.look is not None and (fault := place.look(value)) is not None:
                self.add(fault, spot)
        if kind is str and table.style is not Style.ANY:
            if len(value) > LONGEST_TEXT:
                self.add(_CUT, spot)
        elif kind is dict:
            self.todo.append((inner(table, place), value, spot))
        elif kind is list:
            each = place.each if place else None
            self._look_at_items(inner(table, each), each, value, spot)

    def _look_at_items(
        self, table: Table, each: Place | None, items: Iterable[Any], spot: Spot
    ) -> None:
        """Objects among them are left to do; lists in the list are gone through here."""
        lists = [(items, spot)]
        for some, where in lists:  # which grows
            for index, item in enumerate(some):
                kind = type(item)
                if kind is list:
                    lists.append((item, (where, index)))
                if each and item is not None and not each.accepts(kind, self.accepted):
                    self.add(each.wrong_type(kind), (where, index))
                elif kind is dict:
                    self.todo.append((table, item, (where, index)))


def _path(spot: Spot) -> str:
    up, part = spot
    parts = [str(part)[:LONGEST_PART]]
    while up is not None:
        up, part = up
        parts.append(str(part)[:LONGEST_PART])
    return ".".join(reversed(parts))
