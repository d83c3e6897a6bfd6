"""Validate valid events fast, with tables of the Spec converted to msgspec types.

Most events have no issues. The types accept less than the tables do, never more: content
that they refuse is checked again by the slow path, which finds the issues.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from streams.base.msgspec_types import prepared
from streams.spec.content.key_spelling import snake_case
from streams.spec.content.value_specs import LONGEST_TEXT, KeyStyle, KeyTable
from streams.spec.content.values import OneOf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.spec.content.value_specs import ValueSpec

MOST_ITEMS = 10  # per list, so that the number of keys stays below its limit

_TEXT = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT)]
_SINGLE: dict[str, Any] = {
    "string": _TEXT,
    "number": float,
    "integer": int,
    "float": float,
    "boolean": bool,
    "unspecified": _TEXT | int | float | bool,
}
_fast_types: dict[KeyTable, type[msgspec.Struct]] = {}


def fast_type_of(table: KeyTable) -> type[msgspec.Struct]:
    """Return the type of a table. Created on first use; thread-safe."""
    fast_type = _fast_types.get(table)
    if fast_type is None:
        fast_type = _fast_types[table] = prepared(_made(table))
    return fast_type


def passes(content: Mapping[str, Any], fast_type: type[msgspec.Struct]) -> bool:
    """Whether an object and its content are certainly valid."""
    try:
        msgspec.convert(content, fast_type)
    except msgspec.ValidationError:
        return False
    return True


def _made(table: KeyTable) -> type[msgspec.Struct]:
    fields, names, spelled = [], {}, set()
    for number, (key, value_spec) in enumerate(table.value_specs.items()):
        # Only one of two spellings: an object with both isn't valid.
        if table.style is KeyStyle.ONE_SPELLING and snake_case(key) in spelled:
            continue
        spelled.add(snake_case(key))
        names[f"_{number}"] = key
        kind = _type(value_spec, table.style)
        fields.append((f"_{number}", None if kind is None else kind | None, None))
    return msgspec.defstruct(
        "Gate",
        fields,
        rename=names,
        forbid_unknown_fields=table.style is not KeyStyle.ANY,
    )


def _type(value_spec: ValueSpec, style: KeyStyle) -> Any:
    """Return the type that is certainly valid, apart from null; None: only null is."""
    if value_spec.table is not None and value_spec.kind == "object":
        # A check of the whole object is left to the slow path.
        return None if value_spec.check else fast_type_of(value_spec.table)
    if value_spec.each is not None:
        item = _type(value_spec.each, style)
        return Annotated[list[item], msgspec.Meta(max_length=MOST_ITEMS)]  # type: ignore[valid-type]
    if isinstance(value_spec.check, OneOf):
        return Literal[*sorted(value_spec.check.choices)]
    # Dates too: msgspec accepts times that don't fit into a datetime in UTC.
    if value_spec.check is not None and value_spec.kind != "integer":
        return None
    if style is KeyStyle.ANY:
        return {"object": dict, "array": list, "string": str}.get(
            value_spec.kind, _SINGLE.get(value_spec.kind)
        )
    return _SINGLE.get(value_spec.kind)
