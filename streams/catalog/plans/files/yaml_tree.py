"""Parse a YAML file into plain values and their line numbers.

Built from the parser's events, to refuse what plans don't need: aliases (a few of them can
expand to gigabytes), tags, duplicate keys and further documents. Only null, true, false
and plain numbers are converted: `no`, `1:30` and 2026-03-02 stay strings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from django.utils.translation import gettext as _

from streams.catalog.plans.files.problems import InvalidPlanFile, shown
from streams.catalog.plans.validation import PlanError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.catalog.plans.files.problems import Path

MAX_DEPTH = 40  # nested mappings and lists
MAX_DIGITS = 400  # of a number
# yaml.SafeDumper quotes all of these and more, so strings that it wrote are read as strings.
WORDS = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*([eE][-+][0-9]+)?")


class YamlTree:
    """A parsed file: its `value`, and the `line` of each path. Raises InvalidPlanFile."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        try:
            self._events = iter(yaml.parse(text, Loader=yaml.CSafeLoader))
            self.value = self._document()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            where = _at(mark.line + 1) if mark else ""
            raise _refused(where, _invalid(error.problem)) from error
        except yaml.YAMLError as error:  # a character that YAML doesn't allow
            raise _refused("", _invalid(error)) from error

    def line(self, path: Path) -> str:
        """Return `Line 12`, of the place or its nearest ancestor."""
        while path and path not in self._lines:
            path = path[:-1]
        return _at(self._lines.get(path, 1))

    def _document(self) -> Any:
        next(self._events)  # the stream begins
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        value = self._node(next(self._events), ())
        next(self._events)  # the document ends
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise _refused_at(after, _("The file has a second document. Remove it."))
        return value

    def _node(self, event: Any, path: Path) -> Any:
        self._lines[path] = _line(event)
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            message = _(
                "Anchors and aliases (& and *) are not supported. Write out the value."
            )
            raise _refused_at(event, message)
        if event.tag:
            message = _("Tags are not supported. Remove “%(tag)s”.")
            raise _refused_at(event, message % {"tag": shown(event.tag)})
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if len(path) >= MAX_DEPTH:
            message = _("The file is nested more than %(most)d levels deep.")
            raise _refused_at(event, message % {"most": MAX_DEPTH})
        if isinstance(event, yaml.SequenceStartEvent):
            return [
                self._node(item, (*path, index))
                for index, item in enumerate(self._until(yaml.SequenceEndEvent))
            ]
        content: dict[str, Any] = {}
        for key in self._until(yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent) or key.tag or key.anchor:
                raise _refused_at(key, _("A key must be plain text."))
            if key.value in content:
                message = _("“%(key)s” is listed twice. Remove one.")
                raise _refused_at(key, message % {"key": shown(key.value)})
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
            message = _("A number can have at most %(most)d digits.")
            raise _refused_at(event, message % {"most": MAX_DIGITS})
        return int(text) if INTEGER.fullmatch(text) else float(text)
    return text


def _at(line: int) -> str:
    return _("Line %(number)d") % {"number": line}


def _invalid(reason: object) -> str:
    return _("The file is not valid YAML: %(reason)s.") % {"reason": reason}


def _refused(where: str, message: str) -> InvalidPlanFile:
    return InvalidPlanFile([PlanError(where, message)])


def _refused_at(event: Any, message: str) -> InvalidPlanFile:
    return _refused(_at(_line(event)), message)


def _line(event: Any) -> int:
    """Return the line of an event, starting at 1."""
    line: int = event.start_mark.line
    return line + 1
