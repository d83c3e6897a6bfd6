"""A table of the Spec as a type of msgspec, which tells in C that all is right.

Most events have nothing wrong with them. Such a type lets through less than the table
does, never more: what it refuses is looked at again, and that says what is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from streams.base.structs import prepared
from streams.spec.keys import snake_case
from streams.spec.places import LONGEST_TEXT, Style, Table
from streams.spec.values import OneOf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.spec.places import Place

MOST_ITEMS = 10  # of a list: so few that all keys stay below what is counted

_TEXT = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
_SINGLE: dict[str, Any] = {
    "string": _TEXT,
    "number": float,
    "integer": int,
    "float": float,
    "boolean": bool,
    "unspecified": _TEXT | int | float | bool,
}
_gates: dict[Table, type[msgspec.Struct]] = {}


def gate_of(table: Table) -> type[msgspec.Struct]:
    """Made when it is first needed, and complete before another thread finds it."""
    gate = _gates.get(table)
    if gate is None:
        gate = _gates[table] = prepared(_made(table))
    return gate


def passes(content: Mapping[str, Any], gate: type[msgspec.Struct]) -> bool:
    """Whether an object is surely right, all that is in it too."""
    try:
        msgspec.convert(content, gate)
    except msgspec.ValidationError:
        return False
    return True


def _made(table: Table) -> type[msgspec.Struct]:
    fields, names, spelled = [], {}, set()
    for number, (key, place) in enumerate(table.places.items()):
        # Of two spellings one: an object that has both is not right.
        if table.style is Style.ONE_SPELLING and snake_case(key) in spelled:
            continue
        spelled.add(snake_case(key))
        names[f"_{number}"] = key
        kind = _type(place, table.style)
        fields.append((f"_{number}", None if kind is None else kind | None, None))
    return msgspec.defstruct(
        "Gate", fields, rename=names, forbid_unknown_fields=table.style is not Style.ANY
    )


def _type(place: Place, style: Style) -> Any:
    """What may surely stand there beside null; None: only that."""
    if place.table is not None and place.kind == "object":
        return gate_of(place.table)
    if place.each is not None:
        item = _type(place.each, style)
        return Annotated[list[item], msgspec.Meta(max_length=MOST_ITEMS)]  # type: ignore[valid-type]
    if isinstance(place.look, OneOf):
        return Literal[*sorted(place.look.choices)]
    # A date, too: msgspec takes times that no datetime holds in UTC.
    if place.look is not None and place.kind != "integer":
        return None
    if style is Style.ANY:
        return {"object": dict, "array": list, "string": str}.get(
            place.kind, _SINGLE.get(place.kind)
        )
    return _SINGLE.get(place.kind)
