from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.exports.formats import Row


@dataclass(frozen=True, slots=True)
class RowPage:
    """Some rows. `next_before`: where the search continues; None: these are the last."""

    rows: Sequence[Row]
    next_before: int | None
