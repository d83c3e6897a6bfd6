from __future__ import annotations

from streams.catalog.pages.diff import LineChange, difference

SIGNS = {
    LineChange.SAME: " ",
    LineChange.ADDED: "+",
    LineChange.REMOVED: "-",
    LineChange.GAP: "…",
}


def told(old: str, new: str) -> list[str]:
    return [f"{SIGNS[line.change]}{line.text}" for line in difference(old, new).lines]


def test_lines_that_change_are_told_with_those_around_them():
    old = "1\n2\n3\n4\n5\n6\n7"

    assert told(old, old.replace("5", "five")) == ["…", " 3", " 4", "-5", "+five", " 6", " 7"]  # fmt: skip


def test_what_comes_and_goes_is_counted():
    found = difference("a\nb\nc", "a\nc\nd\ne")

    assert (found.added, found.removed) == (2, 1)


def test_the_same_text_has_no_lines():
    assert told("a\nb", "a\nb") == []
