"""Pieces of text with the line they start on. Every extractor yields these."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Stands for a value, a tag or code inside a sentence: no rule matches it.
GAP = "\ufffc"
_NOT_A_NEWLINE = re.compile(r"[^\n]")


@dataclass(frozen=True, slots=True)
class Segment:
    """One paragraph, label or message; newlines in `text` are those of the file."""

    line: int
    text: str

    def line_of(self, offset: int) -> int:
        """Return the line of the file that holds this offset of the text."""
        return self.line + self.text.count("\n", 0, offset)


def blank(text: str, filler: str = " ") -> str:
    """Replace everything but newlines, so that offsets and lines stay valid."""
    return _NOT_A_NEWLINE.sub(filler, text)


def blanked(pattern: re.Pattern[str], text: str, filler: str = " ") -> str:
    """Blank every match of the pattern."""
    return pattern.sub(lambda match: blank(match[0], filler), text)
