"""Parses a `.env` file, in any encoding and with any line ends that editors write.

    export HTTPS = on  # behind nginx
    SECRET_KEY='a $ and a # are kept as they are'

Spaces around the name and the value are ignored. `#` starts a comment at the start of a
line or after a space. Quotes around a value are removed; a double-quoted value can
contain `\\"` and `\\\\`. Nothing else is replaced: `$` is an ordinary character.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

_MARKS = {  # a byte order mark must not become part of the first name
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)")
_QUOTED = {
    '"': re.compile(r'"((?:[^"\\]|\\.)*)"\s*(?:#.*)?'),
    "'": re.compile(r"'([^']*)'\s*(?:#.*)?"),
}
_COMMENT = re.compile(r"\s#.*")
_ESCAPED = re.compile(r'\\(["\\])')


MAX_BYTES = 1_048_576  # ENV_FILE could be /dev/zero


class UnreadableFile(Exception):
    """The file or a line of it cannot be read. The message never shows its content."""


def read(path: Path) -> tuple[dict[str, str], list[str]]:
    """Return the values by name, and an error for each line that is not a setting.

    Raises UnreadableFile.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise UnreadableFile(f"{path} is longer than {MAX_BYTES} bytes.")
        text = _decoded(data)
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeError:
        raise UnreadableFile(f"{path} is not text; save it as UTF-8.") from None
    values, errors = {}, []
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        setting = None if "\0" in stripped else _LINE.fullmatch(stripped)
        value = _value(setting[2]) if setting else None
        if setting and value is not None:
            values[setting[1]] = value
        else:
            errors.append(f"{path}, line {number}: {_what_is_wrong(setting)}")
    return values, errors


def _decoded(data: bytes) -> str:
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding)
    if b"\0" in data:  # UTF-16 without a byte order mark
        return data.decode("utf-16-be" if data[:1] == b"\0" else "utf-16-le")
    return data.decode("utf-8")


def _value(written: str) -> str | None:
    """Return the value after `=`, or None for an unclosed quote or text after one."""
    value = written.strip()
    if pattern := _QUOTED.get(value[:1]):
        quoted = pattern.fullmatch(value)
        if not quoted:
            return None
        return _ESCAPED.sub(r"\1", quoted[1]) if value[0] == '"' else quoted[1]
    return _COMMENT.sub("", written).strip()


def _what_is_wrong(setting: re.Match[str] | None) -> str:
    if setting is None:
        return "This is not a setting. Write NAME=value."
    return (
        f"The quotes around the value of {setting[1]} do not match. Close them, and write"
        " nothing after them."
    )
