"""Texts of templates that do not come from gettext."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.template.base import Lexer, TokenType

from tests.surfaces.english_text import unnamed
from tests.surfaces.visible_text import texts_of

_LITERAL = re.compile(r"""(?<!_\()(?<!\w)(["'])(?P<text>(?:(?!\1).)*)\1""")
_PROSE = re.compile(r"[A-Z][a-z]+( |$)|[A-Za-z]{2,}…? [A-Za-z]")
# Their strings are not shown, or pass through gettext.
_SILENT = {
    "blocktranslate", "extends", "load", "moment", "now", "static", "translate", "url",
}  # fmt: skip
_FORMATS = re.compile(r'\|(?:date|time):"[^"]*"')


def untranslated(path: Path) -> Iterator[str]:
    """Yield texts, attributes and strings of tags that readers see unchanged."""
    html, is_translated = [], False
    for token in Lexer(path.read_text()).tokenize():
        name = token.contents.split(" ", 1)[0]
        if token.token_type == TokenType.BLOCK and "blocktrans" in name:
            is_translated = not name.startswith("end")
        elif token.token_type == TokenType.TEXT and not is_translated:
            html.append(token.contents)
        elif token.token_type in (TokenType.BLOCK, TokenType.VAR):
            html.append("\n")  # texts on both sides are two
            if not is_translated:
                yield from _literals(name, token.contents)
    yield from filter(unnamed, texts_of("".join(html)))


def _literals(tag: str, contents: str) -> Iterator[str]:
    """Yield strings that are shown, such as the one in `default:"none yet"`."""
    if tag in _SILENT:
        return
    for match in _LITERAL.finditer(_FORMATS.sub("", contents)):
        if _PROSE.match(match["text"]):
            yield match["text"]
