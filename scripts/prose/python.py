"""Text of Python modules: docstrings, comments, strings that people read, test names."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import lru_cache

from scripts.prose.segments import GAP, Segment, blanked

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_TRANSLATES = {
    "_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy",
}  # fmt: skip
_CODE = re.compile(r"`[^`]+`|\{[^{}\s]*\}|%\(\w+\)[sd]|%[sd]|<[^<>]*>")
_SQL = re.compile(r"\s*(?:[A-Z]{4,} |[a-z_]+ [=<>] )")
_PRAGMA = re.compile(r"#\s*(?:noqa|type:|fmt:|pragma|!).*")


def docstrings(source: str) -> Iterator[Segment]:
    """Yield the paragraphs of every docstring."""
    for node in _nodes(source):
        if isinstance(node, _DOCUMENTED) and (constant := _docstring(node)):
            yield from _paragraphs(constant.lineno, str(constant.value))


def comments(source: str) -> Iterator[Segment]:
    """Yield comments; those on consecutive lines are one text."""
    start, lines, last = 0, [], -1
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        text = blanked(_CODE, _PRAGMA.sub("", token.string).lstrip("#"), GAP)
        alone = not token.line[: token.start[1]].strip()
        if lines and alone and token.start[0] == last + 1:
            lines.append(text)
        else:
            if lines:
                yield Segment(start, "\n".join(lines))
            start, lines = token.start[0], [text]
        last = token.start[0]
    if lines:
        yield Segment(start, "\n".join(lines))


def test_names(source: str) -> Iterator[Segment]:
    """Yield the names of test functions as sentences."""
    for node in _nodes(source):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            words = node.name.removeprefix("test_").replace("_", " ")
            yield Segment(node.lineno, words.capitalize())


def messages(source: str) -> Iterator[Segment]:
    """Yield translated strings, and all others of three or more words."""
    nodes = _nodes(source)
    skipped = {id(_docstring(node)) for node in nodes if isinstance(node, _DOCUMENTED)}
    translated = {id(each) for node in nodes for each in _translated(node)}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            text = _joined(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if id(node) in skipped:
            continue
        if id(node) in translated or _is_prose(text):
            yield from _paragraphs(node.lineno, text)


@lru_cache(maxsize=1)
def _nodes(source: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(source)))


def _docstring(node: ast.AST) -> ast.Constant | None:
    body = getattr(node, "body", None)
    first = body[0] if body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return first.value if isinstance(first.value.value, str) else None
    return None


def _translated(node: ast.AST) -> list[ast.expr]:
    if not isinstance(node, ast.Call):
        return []
    name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
    return node.args if name in _TRANSLATES else []


def _joined(node: ast.JoinedStr) -> str:
    return "".join(
        str(part.value) if isinstance(part, ast.Constant) else GAP
        for part in node.values
    )


def _is_prose(text: str) -> bool:
    return len(re.findall(r"[A-Za-z]{2,}", text)) >= 3 and not _SQL.match(text)


def _paragraphs(line: int, text: str) -> Iterator[Segment]:
    """Split at empty lines; indented blocks are code."""
    text = blanked(_CODE, text, GAP)
    for match in re.finditer(r"(?:[^\n]*\S[^\n]*(?:\n|\Z))+", text):
        if not re.match(r" {8,}|\t", match[0]):
            yield Segment(line + text.count("\n", 0, match.start()), match[0])
