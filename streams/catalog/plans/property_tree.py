"""Arrange the properties of an event as a tree, by their paths."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.catalog.plans.plan import EACH, PlannedProperty, parts

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(slots=True)
class PropertyNode:
    """A place in an event. `planned` None: only its descendants are in the plan."""

    planned: PlannedProperty | None = None
    children: dict[str, PropertyNode] = field(default_factory=dict)

    @property
    def each(self) -> PropertyNode | None:
        """The node of every list item; None: not planned, or not a list."""
        return self.children.get(EACH)

    @property
    def type(self) -> str:
        """One of TYPES, derived from the children if the place itself isn't planned."""
        if self.planned is not None:
            return self.planned.type
        return "array" if self.each else "object"

    @property
    def required(self) -> bool:
        """Whether it is required. An unplanned object is, if one of its children is."""
        if self.planned is not None:
            return self.planned.required
        return self.each is None and any(
            child.required for child in self.children.values()
        )


def tree(properties: Iterable[PlannedProperty]) -> PropertyNode:
    """Build the tree. The root is the object that holds the properties."""
    root = PropertyNode()
    for planned in properties:
        node = root
        for part in parts(planned.path):
            node = node.children.setdefault(part, PropertyNode())
        node.planned = planned
    return root
