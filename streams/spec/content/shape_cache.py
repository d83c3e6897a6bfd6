"""Cache the checks that depend only on the keys of an object.

A tool sends events with the same few sets of keys. These are checked once for each set;
after that, an event costs one look-up per object and one per value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streams.spec.content.fast_path import fast_type_of
from streams.spec.content.key_spelling import key_issues
from streams.spec.content.value_specs import (
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
# Types whose values need a further check if there is one.
_NEED_CHECK: frozenset[type] = frozenset({str, float, dict, list})


@dataclass(frozen=True, slots=True, eq=False)
class ObjectShape:
    """The keys of an object, compared with a table."""

    issues_by_key: tuple[tuple[str, UnplacedIssue], ...]  # by key
    plain: tuple[frozenset[type], ...]  # the types that are always valid, by key
    plain_anywhere: frozenset[type]  # the types that are valid at every key
    fast_type: type[Struct] | None  # the fast check; None: not possible
    _known: dict[str, tuple[Issue, ...]] = field(default_factory=dict)

    def issues(self, name: str) -> tuple[Issue, ...]:
        """Return the issues of an object that is a top-level field of the event."""
        if name not in self._known:
            self._known[name] = tuple(
                issue.at(f"{name}.{key[:LONGEST_PART]}")
                for key, issue in self.issues_by_key
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
        issues = tuple(_key_issues(table, keys, accepted))
        known = not issues and (
            table.style is KeyStyle.ANY or table.value_specs.keys() >= {*keys}
        )
        fast_type = fast_type_of(table) if known else None
        shape = ObjectShape(
            issues, plain, frozenset.intersection(_ALL, *plain), fast_type
        )
        if sum(map(len, keys)) <= LARGEST:
            if len(_shapes) >= KEPT:
                _shapes.clear()
            _shapes[of] = shape
    return shape


def _key_issues(
    table: KeyTable, keys: tuple[str, ...], accepted: frozenset[str]
) -> Iterator[tuple[str, UnplacedIssue]]:
    there = frozenset(keys)
    for key in keys:
        other = table.misspellings.get(key)
        if other and other.right not in there and other.reading not in accepted:
            yield key, other.issue()
    yield from key_issues(keys, table)


def _plain(table: KeyTable, key: str, accepted: frozenset[str]) -> frozenset[type]:
    value_spec = table.value_specs.get(key)
    if value_spec is None:
        return _ALL if table.style is KeyStyle.ANY else _SINGLE
    types = frozenset(one for one in _ALL if value_spec.accepts(one, accepted)) | {
        _NULL
    }
    if value_spec.check is not None:
        return types - _NEED_CHECK
    if (
        value_spec.table is None
        and value_spec.each is None
        and table.style is KeyStyle.ANY
    ):
        return types
    return types & _SINGLE


_FREE = {style: KeyTable(style=style) for style in KeyStyle}


def inner(table: KeyTable, value_spec: ValueSpec | None) -> KeyTable:
    """Return the table of an object within another object."""
    return value_spec.table if value_spec and value_spec.table else _FREE[table.style]
