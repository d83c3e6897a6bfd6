"""Text of YAML files and scripts: values and strings of two or more words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scripts.prose.segments import GAP, Segment, blanked

_COMMENT = re.compile(r"^\s*(?:#|//).*$", re.MULTILINE)
_KEY = re.compile(r"(?:^|(?<=[{,\s]))[\w.-]+:(?=\s)", re.MULTILINE)
_VALUE = re.compile(r'"[^"\n]*"|[^\n{},]+(?:, (?!\ufffc)[^\n{},]+)*')
_STRING = re.compile(r'"([^"\\\n]*)"|`([^`]*)`')
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")
_WORDS = re.compile(r"[A-Za-z]{2,}\W+[A-Za-z]{2,}")


def yaml_values(source: str) -> Iterator[Segment]:
    """Yield the values of a file of the project's own, whose maps may be inline."""
    text = blanked(_KEY, blanked(_COMMENT, source), GAP)
    for match in _VALUE.finditer(text):
        value = match[0].strip(f'{GAP} "-')
        if _WORDS.search(value):
            yield Segment(_line(text, match.start()), value)


def script_strings(source: str) -> Iterator[Segment]:
    """Yield the strings of a script."""
    text = blanked(_COMMENT, source)
    for match in _STRING.finditer(text):
        string = blanked(_PLACEHOLDER, match[1] or match[2] or "", GAP)
        if _WORDS.search(string):
            yield Segment(_line(text, match.start()), string)


def _line(text: str, offset: int) -> int:
    return 1 + text.count("\n", 0, offset)
