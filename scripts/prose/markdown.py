"""Text of Markdown files: paragraphs, headings, list items and table cells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scripts.prose.segments import GAP, Segment, blanked

_IGNORED = re.compile(
    r"^(?P<fence>```|~~~).*?^(?P=fence)[ ]*$"  # a code block
    r"|<!--.*?-->|\{\{.*?\}\}|\{%.*?%\}",
    re.DOTALL | re.MULTILINE,
)
_CODE = re.compile(r"(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)", re.DOTALL)
_ADDRESS = re.compile(r"(?<=\])\([^)\s]*(?: \"[^\"]*\")?\)|<?https?://[^\s>)]+>?")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_STARTS_BLOCK = re.compile(r"[ ]*(?:#{1,6} |[-*+] |\d+[.)] |> |\|)")


def segments(source: str) -> Iterator[Segment]:
    """Yield the text of each block, without code and addresses."""
    text = blanked(_IGNORED, source)
    text = blanked(_CODE, text, GAP)
    for pattern in (_ADDRESS, _TAG):
        text = blanked(pattern, text)
    block: list[str] = []
    start = 1
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if block and (not line.strip() or _STARTS_BLOCK.match(line)):
            yield from _cells(start, "\n".join(block))
            block = []
        if line.strip():
            start = start if block else number
            block.append(line)


def _cells(line: int, block: str) -> Iterator[Segment]:
    is_row = block.lstrip().startswith("|")
    for cell in block.split("|") if is_row else [_STARTS_BLOCK.sub("", block, count=1)]:
        if cell.strip():
            yield Segment(line, cell)
