"""The text of a file: JSON Lines, JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

import msgspec

from streams.exports.models import Export

# A value of a row: text, a number, nothing, or JSON that is already encoded.
type Value = str | int | float | msgspec.Raw | None
type Row = Mapping[str, Value]

Format = Export.Format

# A spreadsheet would run text that begins with one of these as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")

_encode = msgspec.json.Encoder().encode


def opening(form: str, columns: Sequence[str]) -> bytes:
    """Return the text before the first row."""
    match form:
        case Format.JSON:
            return b"["
        case Format.CSV:
            return _csv([list(columns)])
    return b""


def body(form: str, rows: Sequence[Row], *, is_first: bool) -> bytes:
    """Return the text of some rows; `is_first`: no rows come before them."""
    if not rows:
        return b""
    match form:
        case Format.CSV:
            return _csv([[_cell(value) for value in row.values()] for row in rows])
        case Format.JSON:
            joined = b",\n".join(_encode(row) for row in rows)
            return b"\n" + joined if is_first else b",\n" + joined
    return b"".join(_encode(row) + b"\n" for row in rows)


def closing(form: str) -> bytes:
    """Return the text after the last row."""
    return b"\n]\n" if form == Format.JSON else b""


def _cell(value: Value) -> str | int | float | None:
    if isinstance(value, msgspec.Raw):
        return bytes(value).decode()
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def _csv(lines: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue().encode()
