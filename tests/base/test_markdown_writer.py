from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.base.text.markdown import parse, plain, render
from streams.base.text.markdown_writer import (
    Directive,
    code,
    directives,
    filled,
    literal,
    table,
)

VALUES = ["Order Completed", "a|b", "`", "``a`", "<b>", "*a*", "_a_", "[a](b)", "a\\", "&amp;", "~~a~~", "![a](b)"]  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_a_value_in_a_table_is_shown_literally(value):
    [first, second] = cells(table(["A", "B"], [[literal(value), code(value)]]))

    assert first == value
    assert second == value


@given(st.text(alphabet="ab `|\\*_[]<>&!~", min_size=1).filter(str.strip))
def test_any_text_in_a_table_is_shown_literally(value):
    [shown] = cells(table(["A"], [[literal(value)]]))

    assert shown == " ".join(value.split())


def test_code_of_an_empty_text_is_empty():
    assert code("") == code(" \n") == ""


def test_a_value_never_ends_its_row():
    assert "\n" not in literal("a\nb") + code("a\r\nb")


def test_directives_are_found_on_lines_of_their_own():
    text = "# A\n\n{{ events }}\n{{limits}}\n\nNot {{ here }}.\n\n    {{ code }}\n\n- {{ list }}\n\n```\n{{ fence }}\n```\n{{ end }}"

    assert directives(text) == [
        Directive("events", 2), Directive("limits", 3), Directive("end", 14),
    ]  # fmt: skip


def test_sections_replace_their_directives_and_unknown_directives_stay():
    text = filled("A\r\n{{ events }}\r\nB\r\n\r\n{{ other }}", {"events": "| E |"}.get)

    assert text == "A\n\n| E |\n\nB\n\n{{ other }}"


def test_a_generated_section_is_not_searched_for_directives():
    assert "{{ b }}" in filled("{{ a }}", {"a": "{{ b }}", "b": "x"}.get)


def cells(markdown: str) -> list[str]:
    """Return the cells that the first row of a table shows."""
    assert "<td>" in render(markdown).html
    tokens = parse(markdown)
    return [plain(tokens[i + 1]) for i, token in enumerate(tokens) if token.type == "td_open"]  # fmt: skip
