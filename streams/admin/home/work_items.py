from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from streams.observability.work_figures.measure import MOST

__all__ = ["MOST", "WorkItem", "WorkSection"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """One thing that waits for an operator, and the page where they act."""

    text: str
    url: str
    detail: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkSection:
    """Things of one kind: the first MOST of them, and the list of all."""

    title: str
    url: str
    count: int  # of all, not only of `items`
    items: Sequence[WorkItem]
    tone: str = "warn"  # bad, warn or calm: the color of the count
    has_more: bool = False  # whether the list has more than `items`
    is_stored: bool = False  # its figures are up to a minute old

    @classmethod
    def of(
        cls,
        items: Sequence[WorkItem],
        *,
        title: str,
        url: str,
        count: int,
        tone: str = "warn",
        rows: int | None = None,
        over: int | None = None,
    ) -> Self | None:
        """Return a section with these items; None if there are none.

        `rows` is how many items there are in all, if that isn't the count. `over` is how
        much of the count is over since it was measured; None: it was counted just now.
        """
        if not items:
            return None
        count -= over or 0
        has_more = (count if rows is None else rows) > len(items)
        return cls(
            title=title,
            url=url,
            count=count,
            items=items,
            tone=tone,
            has_more=has_more,
            is_stored=over is not None,
        )
