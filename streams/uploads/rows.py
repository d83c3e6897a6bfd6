"""The people in a file: CSV with a header line, or JSON Lines."""

from __future__ import annotations

import codecs
import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext_lazy as _

from streams.identity.external_ids import PersonItem, external_identifier
from streams.identity.identifiers import NAMES, Identifier, IdentifierKind
from streams.identity.links import MOST_OF_PERSON
from streams.identity.user_ids import UserIdProblem
from streams.uploads.lines import Lines, LineTooLong
from streams.uploads.models import Upload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from streams.identity.inbound.tool_names import ToolNames

# A column: the name of an identifier's kind, or "userId", and the type of an external ID.
type Column = tuple[str, str] | None

USER_ID = "userId"
EXTERNAL_ID = "externalid:"  # before the type, in the name of a column
DELIMITERS = (",", ";", "\t")
BAD_FORMAT = UserIdProblem(
    "IDENTITY-FORMAT",
    _("The row can't be read."),
    _("Check the quotes of a CSV file, or the fields of a JSON object."),
)
TOO_LONG = UserIdProblem(
    "IDENTITY-FORMAT",
    _("The row is too long."),
    _("Send one person per line, with up to 100 KB."),
)
TOO_MANY = UserIdProblem(
    "IDENTITY-FORMAT",
    _("The row has more than 50 identifiers."),
    _("Send only identifiers that events of the tool have."),
)
_KINDS = {name.lower(): kind for kind, name in NAMES.items()}
_decode = msgspec.json.Decoder(PersonItem).decode


class UnreadableFile(Exception):
    """The file can't be read at all. `failure` says why."""

    def __init__(self, failure: Upload.Failure) -> None:
        super().__init__(failure)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Row:
    """One person of a file, or the reason why the row can't be read."""

    line: int  # the first of the row, from 1
    user_id: object = None
    identifiers: Sequence[Identifier] = ()
    problem: UserIdProblem | None = None


def file_format(start: bytes) -> Upload.Format:
    """Return the format of a file that begins with these bytes. Raises UnreadableFile."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnreadableFile(Upload.Failure.NOT_UTF8)
    text = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if not text:
        raise UnreadableFile(Upload.Failure.EMPTY)
    if text.startswith(b"["):
        raise UnreadableFile(Upload.Failure.ARRAY)
    is_json = text.startswith(b"{")
    return Upload.Format.JSON_LINES if is_json else Upload.Format.CSV


def read_header(lines: Lines, names: ToolNames) -> tuple[list[Column], str]:
    """Return the columns of a CSV file, from its first line, and what separates them.

    Columns with other names are None. Raises UnreadableFile.
    """
    try:
        first = next(lines).removeprefix(codecs.BOM_UTF8).decode()
    except (LineTooLong, UnicodeDecodeError):
        raise UnreadableFile(Upload.Failure.NOT_UTF8) from None
    delimiter = max(DELIMITERS, key=first.count)
    try:
        cells = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error:
        cells = []
    columns = [_column(cell, names) for cell in cells]
    if (USER_ID, "") not in columns:
        raise UnreadableFile(Upload.Failure.NO_USER_ID)
    if not any(column for column in columns if column != (USER_ID, "")):
        raise UnreadableFile(Upload.Failure.NO_IDENTIFIER)
    return columns, delimiter


def csv_rows(
    lines: Lines, columns: Sequence[Column], delimiter: str, names: ToolNames
) -> Iterator[Row]:
    """Yield the rows after the header. `lines` is always at the beginning of the next row."""
    texts = _Texts(lines)
    reader = csv.reader(texts, delimiter=delimiter)
    while True:
        line = lines.position.line + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, LineTooLong) as error:
            is_long = isinstance(error, LineTooLong)
            yield Row(line, problem=TOO_LONG if is_long else BAD_FORMAT)
            reader = csv.reader(texts, delimiter=delimiter)
            continue
        if any(cells):
            yield _csv_row(line, cells, columns, names)


def json_rows(lines: Lines, names: ToolNames) -> Iterator[Row]:
    """Yield the objects, one per line."""
    while True:
        line = lines.position.line + 1
        try:
            text = next(lines)
        except StopIteration:
            return
        except LineTooLong:
            yield Row(line, problem=TOO_LONG)
            continue
        if text := text.removeprefix(codecs.BOM_UTF8).strip():
            yield _json_row(line, text, names)


class _Texts:
    """The lines as text. Bytes that aren't UTF-8 become surrogates, which no userId has."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def __iter__(self) -> _Texts:
        return self

    def __next__(self) -> str:
        return next(self._lines).decode(errors="surrogateescape")


def _column(name: str, names: ToolNames) -> Column:
    text = name.strip().lower()
    if text.startswith(EXTERNAL_ID):
        return NAMES[IdentifierKind.EXTERNAL_ID], text.removeprefix(EXTERNAL_ID).strip()
    plain = text.replace("_", "").replace(" ", "")
    if plain == USER_ID.lower():
        return USER_ID, ""
    if text in {one.lower() for one in (*names.fields, *names.types)}:
        return NAMES[IdentifierKind.TOOL_ID], ""
    kind = _KINDS.get(plain)
    if kind is None or kind == IdentifierKind.EXTERNAL_ID:
        return None
    return NAMES[kind], ""


def _csv_row(
    line: int, cells: Sequence[str], columns: Sequence[Column], names: ToolNames
) -> Row:
    user_id, identifiers = "", []
    for column, cell in zip(columns, cells, strict=False):
        if column is None or not cell:
            continue
        name, kind = column
        if name == USER_ID:
            user_id = cell
        elif name != NAMES[IdentifierKind.EXTERNAL_ID]:
            identifiers.append(Identifier(_KINDS[name.lower()], cell))
        elif found := external_identifier(cell, kind, names):
            identifiers.append(found)
    if len(identifiers) > MOST_OF_PERSON:
        return Row(line, problem=TOO_MANY)
    return Row(line, user_id, identifiers)


def _json_row(line: int, text: bytes, names: ToolNames) -> Row:
    try:
        item = _decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Row(line, problem=BAD_FORMAT)
    return Row(line, item.user_id, tuple(item.identifiers(names)))
