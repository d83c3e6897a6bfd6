"""Cache the checks that depend only on the keys of an object.

A tool sends events with the same few sets of keys. These are checked once for each set;
after that, an event costs one look-up per object and one per value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streams.spec.content.fast_path import gate_of
from streams.spec.content.key_spelling import key_faults
from streams.spec.content.paths import (
    LONGEST_PART,
    KeyStyle,
    KeyTable,
    UnplacedIssue,
    ValueSpec,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgspec import Struct

    from streams.spec.issues import Issue

KEPT = 4_096  # cached shapes
LARGEST = 2_000  # characters of all keys; larger shapes aren't cached

_NULL = type(None)
_SINGLE: frozenset[type] = frozenset({str, int, float, bool, _NULL})
_ALL = _SINGLE | {dict, list}
# Types whose values need a further check at places with a check of values.
_LOOKED_AT: frozenset[type] = frozenset({str, float, dict, list})


@dataclass(frozen=True, slots=True, eq=False)
class ObjectShape:
    """The keys of an object, compared with a table."""

    faults: tuple[tuple[str, UnplacedIssue], ...]  # by key
    plain: tuple[frozenset[type], ...]  # the types that are always valid, by key
    plain_anywhere: frozenset[type]  # the types that are valid at every key
    gate: type[Struct] | None  # the fast check; None: not possible
    _known: dict[str, tuple[Issue, ...]] = field(default_factory=dict)

    def findings(self, name: str) -> tuple[Issue, ...]:
        """Return the issues of an object that is a top-level field of the event."""
        if name not in self._known:
            self._known[name] = tuple(
                fault.at(f"{name}.{key[:LONGEST_PART]}") for key, fault in self.faults
            )
        return self._known[name]


_shapes: dict[tuple[Any, ...], ObjectShape] = {}


def shape_of(
    table: KeyTable, keys: tuple[str, ...], accepted: frozenset[str]
) -> ObjectShape:
    """Return the cached or new shape. Thread-safe: at worst, two threads create the same one."""
    of = (table, keys, accepted)
    shape = _shapes.get(of)
    if shape is None:
        plain = tuple(_plain(table, key, accepted) for key in keys)
        faults = tuple(_faults(table, keys, accepted))
        known = not faults and (
            table.style is KeyStyle.ANY or table.places.keys() >= {*keys}
        )
        gate = gate_of(table) if known else None
        shape = ObjectShape(faults, plain, frozenset.intersection(_ALL, *plain), gate)
        if sum(map(len, keys)) <= LARGEST:
            if len(_shapes) >= KEPT:
                _shapes.clear()
            _shapes[of] = shape
    return shape


def _faults(
    table: KeyTable, keys: tuple[str, ...], accepted: frozenset[str]
) -> Iterator[tuple[str, UnplacedIssue]]:
    there = frozenset(keys)
    for key in keys:
        other = table.others.get(key)
        if other and other.right not in there and other.reading not in accepted:
            yield key, other.fault()
    yield from key_faults(keys, table)


def _plain(table: KeyTable, key: str, accepted: frozenset[str]) -> frozenset[type]:
    place = table.places.get(key)
    if place is None:
        return _ALL if table.style is KeyStyle.ANY else _SINGLE
    types = frozenset(one for one in _ALL if place.accepts(one, accepted)) | {_NULL}
    if place.look is not None:
        return types - _LOOKED_AT
    if place.table is None and place.each is None and table.style is KeyStyle.ANY:
        return types
    return types & _SINGLE


_FREE = {style: KeyTable(style=style) for style in KeyStyle}


def inner(table: KeyTable, place: ValueSpec | None) -> KeyTable:
    """Return the table of an object at a place within another object."""
    return place.table if place and place.table else _FREE[table.style]
