"""The lock of a feed's identity map, and the changes that are numbered under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction

from streams.identity.inbound_address import InboundAddress
from streams.identity.models import IdentityMap, LinkChange

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from streams.identity.models import Link


def locked_map(feed_id: int) -> IdentityMap:
    """Return the map of a feed, locked until the transaction ends. Creates it if needed."""
    maps = IdentityMap.objects.select_for_update()
    found = maps.filter(pk=feed_id).first()
    if found is None:
        new = IdentityMap(feed_id=feed_id)
        IdentityMap.objects.bulk_create([new], ignore_conflicts=True)
        found = maps.get(pk=feed_id)
    return found


def locked_by_others(feed_ids: set[int]) -> set[int]:
    """Return the feeds whose map or inbound address another session has locked now.

    None on SQLite, which has one lock for everything.
    """
    if not connection.features.has_select_for_update_skip_locked:
        return set()
    locked: set[int] = set()
    with transaction.atomic():
        for model in (InboundAddress, IdentityMap):
            rows = model.objects.filter(feed__in=feed_ids)
            free = rows.select_for_update(skip_locked=True)
            every = set(rows.values_list("feed", flat=True))
            locked |= every - set(free.values_list("feed", flat=True))
    return locked


def store_changes(
    identity_map: IdentityMap,
    links: Iterable[Link],
    change: LinkChange.Change,
    *,
    at: datetime,
) -> None:
    """Number and store a change of each link, and store the counts of the locked map."""
    changes = [
        LinkChange(
            feed_id=identity_map.feed_id,
            number=number,
            link_id=link.pk,
            change=change,
            kind=link.kind,
            type=link.type,
            digest=link.digest,
            key_id=link.key_id,
            user_id="" if change == LinkChange.Change.REMOVED else link.user_id,
            origin=link.origin,
            project_id=link.project_id,
            message_id="" if change == LinkChange.Change.REMOVED else link.message_id,
            at=at,
        )
        for number, link in enumerate(links, start=identity_map.last_change + 1)
    ]
    LinkChange.objects.bulk_create(changes)
    identity_map.last_change += len(changes)
    identity_map.save(update_fields=["last_change", "links", "open_conflicts"])
