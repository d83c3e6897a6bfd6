"""The lines of a file that is stored in parts, from any position."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LINE_BYTES = 100_000


class Position(NamedTuple):
    """The beginning of a line: a part, a byte of it, and the number of lines before."""

    part: int = 0
    offset: int = 0
    line: int = 0


class LineTooLong(ValueError):
    """A line has more than MAX_LINE_BYTES. It was skipped."""


class Lines:
    """An iterator over lines, each with its line feed. At most two parts are in memory.

    `read_part` returns a part of the file by its number, from 0; None: there is no such part.
    After LineTooLong, the next line follows.
    """

    def __init__(
        self, read_part: Callable[[int], bytes | None], start: Position
    ) -> None:
        self._read_part = read_part
        self._part, self._offset, self._line = start
        self._text = read_part(start.part) or b""
        self._before = 0  # bytes of parts that were left behind
        self._start = start.offset

    @property
    def position(self) -> Position:
        """The beginning of the next line."""
        return Position(self._part, self._offset, self._line)

    @property
    def read_bytes(self) -> int:
        """The number of bytes read since the start."""
        return self._before + self._offset - self._start

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> bytes:
        line, size, ends = b"", 0, False
        while not ends:
            piece = self._piece()
            if piece is None:
                if not size:
                    raise StopIteration
                break
            size += len(piece)
            ends = piece.endswith(b"\n")
            line = line + piece if size <= MAX_LINE_BYTES else b""
        self._line += 1
        if size > MAX_LINE_BYTES:
            raise LineTooLong
        return line

    def _piece(self) -> bytes | None:
        """Return the rest of the line within this part, or else from the next part."""
        if self._offset == len(self._text):
            following = self._read_part(self._part + 1)
            if following is None:
                return None
            self._before += len(self._text)
            self._part, self._offset, self._text = self._part + 1, 0, following
        end = self._text.find(b"\n", self._offset) + 1 or len(self._text)
        piece = self._text[self._offset : end]
        self._offset = end
        return piece
