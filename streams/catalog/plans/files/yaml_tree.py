"""A YAML file as plain values and the lines that they stand in.

Built from the parser's events, so that nothing is made of what we do not want: no alias
(a few of them make gigabytes), no tag, no key twice, one document, and of the words that
YAML takes for something else only null, true, false and plain numbers. `no`, `1:30` and
2026-03-02 stay the texts that people mean by them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from streams.catalog.plans.faults import Fault
from streams.catalog.plans.files.problems import UnreadableFile, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.catalog.plans.files.problems import Path

MAX_DEPTH = 40  # of mappings and lists in each other
MAX_DIGITS = 400  # of a number
# What yaml.SafeDumper quotes is more than what is taken for no text here: so a text that
# it wrote is read as a text.
WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*([eE][-+][0-9]+)?")


class YamlTree:
    """`value` is what the file says; `line` tells where. Raises UnreadableFile."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        try:
            self._events = iter(yaml.parse(text, Loader=yaml.CSafeLoader))
            self.value = self._document()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            where = f"Line {mark.line + 1}" if mark else ""
            raise _refused(where, f"This is no YAML: {error.problem}.") from error
        except yaml.YAMLError as error:  # a character that no YAML has
            raise _refused("", f"This is no YAML: {error}.") from error

    def line(self, path: Path) -> str:
        """`Line 12`, of the place or of the nearest one above it."""
        while path and path not in self._lines:
            path = path[:-1]
        return f"Line {self._lines.get(path, 1)}"

    def _document(self) -> Any:
        next(self._events)  # the stream begins
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        value = self._node(next(self._events), ())
        next(self._events)  # the document ends
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise _refused_at(after, "The file has a second document. Remove it.")
        return value

    def _node(self, event: Any, path: Path) -> Any:
        self._lines[path] = _line(event)
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise _refused_at(event, "Write it out: & and * are not read.")
        if event.tag:
            raise _refused_at(event, f"Remove the tag “{shown(event.tag)}”.")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if len(path) >= MAX_DEPTH:
            raise _refused_at(event, f"It is nested more than {MAX_DEPTH} deep.")
        if isinstance(event, yaml.SequenceStartEvent):
            return [
                self._node(item, (*path, index))
                for index, item in enumerate(self._until(yaml.SequenceEndEvent))
            ]
        content: dict[str, Any] = {}
        for key in self._until(yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent) or key.tag or key.anchor:
                raise _refused_at(key, "A key should be a plain text.")
            if key.value in content:
                raise _refused_at(key, f"“{shown(key.value)}” is there twice.")
            content[key.value] = self._node(next(self._events), (*path, key.value))
            self._lines[*path, key.value] = _line(key)
        return content

    def _until(self, end: type) -> Iterator[Any]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.style:  # in quotes, or a block
        return text
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text) or FLOAT.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise _refused_at(event, f"A number has at most {MAX_DIGITS} digits.")
        return int(text) if INTEGER.fullmatch(text) else float(text)
    return text


def _refused(where: str, message: str) -> UnreadableFile:
    return UnreadableFile([Fault(where, message)])


def _refused_at(event: Any, message: str) -> UnreadableFile:
    return _refused(f"Line {_line(event)}", message)


def _line(event: Any) -> int:
    """Counted from 1."""
    line: int = event.start_mark.line
    return line + 1
