"""Changes of an identity map, in the order in which they were committed."""

from __future__ import annotations

from typing import NamedTuple

from streams.identity.models import LinkChange

MOST = 1_000  # changes per page


class Page(NamedTuple):
    """A part of the change feed. `last`: the number to continue after."""

    changes: list[LinkChange]
    last: int
    has_more: bool


def changes_after(feed_id: int, number: int) -> Page:
    """Return the changes of a map after a number, from 0 on.

    A change that is committed later has a higher number than all that were read, because
    the map is locked while changes are numbered. Earlier changes of people who were forgotten
    are left out: their removal is a change, too.
    """
    rows = LinkChange.objects.filter(feed=feed_id, number__gt=number)
    found = list(rows.order_by("number")[: MOST + 1])
    page = found[:MOST]
    removed = LinkChange.Change.REMOVED
    return Page(
        [one for one in page if one.user_id or one.change == removed],
        page[-1].number if page else number,
        len(found) > MOST,
    )
