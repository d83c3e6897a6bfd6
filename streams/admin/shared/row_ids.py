"""IDs of rows in URLs."""

from __future__ import annotations

LONGEST = 18  # digits; longer numbers don't fit the column


def row_id(text: str | None) -> int | None:
    """Return the ID that a parameter contains; None: it contains none."""
    if not text or len(text) > LONGEST or not text.isdecimal():
        return None
    return int(text)


def row_ids(texts: list[str]) -> list[int]:
    """Return the IDs that the values of a parameter contain."""
    return [pk for text in texts if (pk := row_id(text)) is not None]
