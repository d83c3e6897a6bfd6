"""The errors that code returns, and the rows of a guide's tables that describe them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CODE = re.compile(r"\b(?:SPEC|PLAN|INGEST|INBOUND|API)-[A-Z]+-\d{3}\b")
ANYTHING = ".+"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error of the API.

    `message` and `fix` are patterns that match any inserted value.
    """

    code: str
    message: str
    fix: str
    status: int | None = None  # None: the exception's class sets it


def refusals(folder: Path) -> Iterator[Refusal]:
    """Return each call in a folder's modules that names a code, message and fix."""
    for file in sorted(folder.rglob("*.py")):
        for call in ast.walk(ast.parse(file.read_text())):
            if isinstance(call, ast.Call):
                yield from _refusal(call.args)


def _refusal(arguments: list[ast.expr]) -> Iterator[Refusal]:
    for at, argument in enumerate(arguments):
        if isinstance(argument, ast.Constant) and CODE.fullmatch(str(argument.value)):
            rest = [_pattern(said) for said in arguments[at + 1 :]]
            message, fix = [*rest, ANYTHING, ANYTHING][:2]
            before = arguments[0]
            status = before.value if at and isinstance(before, ast.Constant) else None
            yield Refusal(str(argument.value), message, fix, status)


def _pattern(said: ast.expr) -> str:
    match said:
        case ast.Constant(value=str(text)):
            return re.escape(text)
        case ast.JoinedStr(values=parts):
            return "".join(map(_pattern, parts))
    return ANYTHING


def rows(guide: str) -> Iterator[Refusal]:
    """Return each row of a guide's tables that starts with a code, as literal text."""
    for line in guide.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        code = cells[0].strip("`")
        if CODE.fullmatch(code) and len(cells) in (3, 4):
            status = int(cells[1]) if len(cells) == 4 else None
            yield Refusal(code, cells[-2], cells[-1], status)


def unquoted(folder: Path, guide: str, *, fixes: bool = True) -> list[Refusal]:
    """Return the errors of a folder that a guide does not quote.

    Without `fixes`, the guide may describe the fix in its own words.
    """
    told = list(rows(guide))
    return [
        refusal
        for refusal in refusals(folder)
        if not any(_tells(row, refusal, fixes) for row in told)
    ]


def _tells(row: Refusal, refusal: Refusal, fixes: bool) -> bool:
    return (
        row.code == refusal.code
        and refusal.status in (row.status, None)
        and re.match(refusal.message, row.message) is not None
        and (not fixes or re.fullmatch(refusal.fix, row.fix) is not None)
    )
