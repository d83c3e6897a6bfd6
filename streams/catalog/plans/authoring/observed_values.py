"""The keys and types of received values, without the values themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from streams.catalog.plans.plan import EACH
from streams.catalog.plans.validation import MAX_DEPTH, MAX_PATH
from streams.spec.timestamps import parse_time

MAX_KEYS = 100  # of an object; if it has more, its keys are data and are skipped
MAX_CHECKED = 50  # values of a property that are tested for personal data
# An email address, a telephone number, an IP address.
_PERSONAL = re.compile(
    r"\s*([^@\s]+@[^@\s]+\.\w+|\+\d[\d ()./-]{6,20}|(\d{1,3}\.){3}\d{1,3})\s*"
)


@dataclass(slots=True)
class ObservedValues:
    """The values seen at one path."""

    count: int = 0  # values other than null
    kinds: set[str] = field(default_factory=set)  # of plan.TYPES
    children: dict[str, ObservedValues] = field(default_factory=dict)  # of objects
    items: ObservedValues | None = None  # of lists, all together
    objects: int = 0
    is_map: bool = False  # its keys are data
    is_cut: bool = False  # a part of it can't be stored in a plan
    checked: int = 0  # texts that were tested for personal data
    is_personal: bool = False

    def see(self, value: Any, depth: int = 1) -> None:
        """Add a decoded JSON value. `depth` counts the objects and lists around it."""
        if value is None:
            return
        self.count += 1
        if isinstance(value, str):
            self._see_text(value)
        elif isinstance(value, bool):
            self.kinds.add("boolean")
        elif isinstance(value, int):
            self.kinds.add("integer")
        elif isinstance(value, float):
            self.kinds.add("number")
        elif isinstance(value, dict):
            self.kinds.add("object")
            self._see_object(value, depth)
        else:
            self.kinds.add("array")
            self._see_list(value, depth)

    def _see_text(self, text: str) -> None:
        if self.checked < MAX_CHECKED:
            self.checked += 1
            self.is_personal |= len(text) < 200 and bool(_PERSONAL.fullmatch(text))
        if "string" in self.kinds:
            return
        # With a dash, because a number of eight digits could be a date too.
        is_date = text[4:5] == "-" and parse_time(text) is not None
        self.kinds.add("date" if is_date else "string")

    def _see_object(self, content: dict[str, Any], depth: int) -> None:
        self.objects += 1
        if depth > MAX_DEPTH:
            self.is_cut |= bool(content)
            return
        if self.is_map:
            return
        for key, value in content.items():
            child = self.children.get(key)
            if child is None:
                if not _is_plannable(key):
                    self.is_cut = True
                    continue
                child = self.children[key] = ObservedValues()
            child.see(value, depth + 1)
            self.is_cut |= child.is_cut
        if len(self.children) > MAX_KEYS:
            self.is_map = self.is_cut = True
            self.children.clear()

    def _see_list(self, found: list[Any], depth: int) -> None:
        if depth > MAX_DEPTH:
            self.is_cut |= bool(found)
            return
        self.items = self.items or ObservedValues()
        for item in found:
            self.items.see(item, depth + 1)
        self.is_cut |= self.items.is_cut

    @property
    def type(self) -> str:
        """The plan.TYPES member that covers all of its values."""
        if len(self.kinds) == 1:
            return next(iter(self.kinds))
        if self.kinds == {"integer", "number"}:
            return "number"
        return "string" if self.kinds == {"date", "string"} else "any"


def _is_plannable(key: str) -> bool:
    """Whether a path can contain this key."""
    plain = key.isprintable() and key.strip() == key and len(key) <= MAX_PATH
    return bool(key) and plain and "." not in key and key != EACH
