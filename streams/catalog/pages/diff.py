"""Compare two texts of a page line by line."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

AROUND = 2  # unchanged lines shown before and after each change


class LineChange(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    GAP = "gap"  # unchanged lines that are not shown


@dataclass(frozen=True, slots=True)
class DiffLine:
    change: LineChange
    text: str = ""


@dataclass(frozen=True, slots=True)
class PageDiff:
    lines: tuple[DiffLine, ...]

    @property
    def added(self) -> int:
        return sum(line.change is LineChange.ADDED for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(line.change is LineChange.REMOVED for line in self.lines)


def difference(old: str, new: str) -> PageDiff:
    """Compare two texts; the result has no lines if they are equal."""
    before, after = old.splitlines(), new.splitlines()
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    found: list[DiffLine] = []
    for group in matcher.get_grouped_opcodes(AROUND):
        if group[0][1] > 0:
            found.append(DiffLine(LineChange.GAP))
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                found += [
                    DiffLine(LineChange.SAME, text) for text in before[old_from:old_to]
                ]
                continue
            found += [
                DiffLine(LineChange.REMOVED, text) for text in before[old_from:old_to]
            ]
            found += [
                DiffLine(LineChange.ADDED, text) for text in after[new_from:new_to]
            ]
    return PageDiff(tuple(found))
