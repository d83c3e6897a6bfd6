"""The properties of an event as the tree that their paths make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from streams.catalog.plans.plan import EACH, PlannedProperty, parts

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(slots=True)
class Node:
    """A place in an event; `planned` None: only what is below it stands in the plan."""

    planned: PlannedProperty | None = None
    children: dict[str, Node] = field(default_factory=dict)

    @property
    def each(self) -> Node | None:
        """What every item of the list is; None: the plan does not say, or it is no list."""
        return self.children.get(EACH)

    @property
    def type(self) -> str:
        """One of TYPES; of a place that the plan does not name, what its content makes it."""
        if self.planned is not None:
            return self.planned.type
        return "array" if self.each else "object"

    @property
    def required(self) -> bool:
        """Whether it must be there; an unnamed object must if something in it must."""
        if self.planned is not None:
            return self.planned.required
        return self.each is None and any(
            child.required for child in self.children.values()
        )


def tree(properties: Iterable[PlannedProperty]) -> Node:
    """The root, which is the object that holds the properties."""
    root = Node()
    for planned in properties:
        node = root
        for part in parts(planned.path):
            node = node.children.setdefault(part, Node())
        node.planned = planned
    return root
