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


def test_changed_lines_are_shown_with_the_lines_around_them():
    old = "1\n2\n3\n4\n5\n6\n7"

    assert told(old, old.replace("5", "five")) == ["…", " 3", " 4", "-5", "+five", " 6", " 7"]  # fmt: skip


def test_added_and_removed_lines_are_counted():
    found = difference("a\nb\nc", "a\nc\nd\ne")

    assert (found.added, found.removed) == (2, 1)


def test_equal_texts_have_no_difference():
    assert told("a\nb", "a\nb") == []
