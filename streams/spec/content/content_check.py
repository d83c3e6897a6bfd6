"""Check properties, traits and context against the tables of the Spec.

One breadth-first pass without recursion takes time proportional to the size of the
content, however deeply it is nested.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streams.spec.content.fast_path import passes
from streams.spec.content.shape_cache import inner, shape_of
from streams.spec.content.value_specs import (
    LONGEST_PART,
    LONGEST_TEXT,
    KeyStyle,
    KeyTable,
    UnplacedIssue,
    ValueSpec,
)
from streams.spec.rules import RULES

if TYPE_CHECKING:
    from streams.spec.content.shape_cache import ObjectShape
    from streams.spec.issues import Issue

MAX_ISSUES = 20  # per event
MOST_KEYS = 300  # properties or traits per event, the limit of Segment's Unify

# A path as a linked list from the inside out. It becomes a text only for an issue.
type Spot = tuple[Spot | None, str | int]

_CUT = UnplacedIssue(
    RULES["SPEC-SIZE-002"],
    f"{{path}} has more than {LONGEST_TEXT} characters. Warehouses truncate it.",
    "Shorten it, or send a link to the full text.",
)
_TOO_MANY = UnplacedIssue(
    RULES["SPEC-COUNT-001"],
    f"{{path}} has more than {MOST_KEYS} keys, including nested ones. Segment's Unify silently"
    " drops such events.",
    "Send only the keys that customers use.",
)


def check_content(
    table: KeyTable,
    content: Mapping[str, Any],
    name: str,
    accepted: frozenset[str],
    issues: list[Issue],
) -> None:
    """Add the issues of a field of the event, up to MAX_ISSUES in total."""
    shape = shape_of(table, tuple(content), accepted)
    if shape.fast_type is None or not passes(content, shape.fast_type):
        walk(shape, table, content, name, accepted, issues)


def walk(
    shape: ObjectShape,
    table: KeyTable,
    content: Mapping[str, Any],
    name: str,
    accepted: frozenset[str],
    issues: list[Issue],
) -> None:
    """Check every key and value, for content that probably has issues."""
    if shape.issues_by_key:
        issues += shape.issues(name)[: max(0, MAX_ISSUES - len(issues))]
    count = len(content)
    # Most content is flat and valid, and isn't checked again.
    if keys := _keys_to_check(content, shape):
        deeper = _Walk(accepted, issues)
        for key in keys:
            deeper.check_value(table, key, content[key], (None, name))
        for inner_table, inside, spot in deeper.todo:  # grows in the loop
            count += len(inside)
            deeper.check_object(inner_table, inside, spot)
    if (
        count > MOST_KEYS
        and table.style is not KeyStyle.ANY
        and len(issues) < MAX_ISSUES
    ):
        issues.append(_TOO_MANY.at(name))


def _keys_to_check(content: Mapping[str, Any], shape: ObjectShape) -> Sequence[str]:
    """Return the keys of values for which type and length are not enough."""
    # Most events have none. Checking that first takes a third of the time.
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
    issues: list[Issue]
    todo: list[tuple[KeyTable, Mapping[str, Any], Spot]] = field(default_factory=list)

    def check_object(
        self, table: KeyTable, content: Mapping[str, Any], spot: Spot
    ) -> None:
        """Check one object and queue the objects in it."""
        shape = shape_of(table, tuple(content), self.accepted)
        for key, issue in shape.issues_by_key:
            self.add(issue, (spot, key))
        for key in _keys_to_check(content, shape):
            self.check_value(table, key, content[key], spot)

    def add(self, issue: UnplacedIssue, spot: Spot) -> None:
        if len(self.issues) < MAX_ISSUES:
            self.issues.append(issue.at(_path(spot)))

    def check_value(self, table: KeyTable, key: str, value: Any, of: Spot) -> None:
        """Check one value of the object at `of`."""
        value_spec = table.value_specs.get(key)
        kind, spot = type(value), (of, key)
        if value_spec is not None:
            if not value_spec.accepts(kind, self.accepted):
                self.add(value_spec.wrong_type(kind), spot)
                return
            if (
                value_spec.check is not None
                and (issue := value_spec.check(value)) is not None
            ):
                self.add(issue, spot)
        if kind is str and table.style is not KeyStyle.ANY:
            if len(value) > LONGEST_TEXT:
                self.add(_CUT, spot)
        elif kind is dict:
            self.todo.append((inner(table, value_spec), value, spot))
        elif kind is list:
            each = value_spec.each if value_spec else None
            self._check_items(inner(table, each), each, value, spot)

    def _check_items(
        self, table: KeyTable, each: ValueSpec | None, items: Iterable[Any], spot: Spot
    ) -> None:
        """Check list items, including nested lists, and queue the objects among them."""
        lists = [(items, spot)]
        for some, where in lists:  # grows in the loop
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
