"""Compare two texts of a page line by line."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

AROUND = 2  # unchanged lines shown before and after each change


class Change(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    GAP = "gap"  # unchanged lines that are not shown


@dataclass(frozen=True, slots=True)
class Line:
    change: Change
    text: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    lines: tuple[Line, ...]

    @property
    def added(self) -> int:
        return sum(line.change is Change.ADDED for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(line.change is Change.REMOVED for line in self.lines)


def difference(old: str, new: str) -> Difference:
    """Compare two texts; the result has no lines if they are equal."""
    before, after = old.splitlines(), new.splitlines()
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    found: list[Line] = []
    for group in matcher.get_grouped_opcodes(AROUND):
        if group[0][1] > 0:
            found.append(Line(Change.GAP))
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                found += [Line(Change.SAME, text) for text in before[old_from:old_to]]
                continue
            found += [Line(Change.REMOVED, text) for text in before[old_from:old_to]]
            found += [Line(Change.ADDED, text) for text in after[new_from:new_to]]
    return Difference(tuple(found))
