"""Remove everything that a map has about a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from streams.audit.services import record
from streams.base.clock import now
from streams.identity.digests import digests
from streams.identity.map_lock import locked_map, store_changes
from streams.identity.models import Conflict, Link, LinkChange
from streams.identity.stored import links_by_digest
from streams.identity.user_ids import problem

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from streams.identity.identifiers import Identifier
    from streams.tenancy.models import User


@transaction.atomic(savepoint=False)
def forget(
    feed_id: int,
    *,
    user_id: str = "",
    identifiers: Sequence[Identifier] = (),
    by: User | None = None,
) -> int:
    """Remove the links of the person with this userId; if it is "", by their identifiers.

    With a userId, identifiers don't count, because another person can share a device.
    Otherwise, all links of the userIds of these identifiers are removed. Conflicts with these
    userIds are removed, and earlier changes lose them. Returns the number of removed links.
    Can be repeated. Lookups of other processes may find removed links for up to 10 seconds.
    """
    if user_id and problem(user_id):  # no link has it
        return 0
    identity_map = locked_map(feed_id)
    user_ids = {user_id} if user_id else _user_ids_of(feed_id, identifiers)
    links = list(Link.objects.filter(feed=feed_id, user_id__in=user_ids).order_by("pk"))
    _clear_history(feed_id, [link.pk for link in links], user_ids)
    conflicts = Conflict.objects.filter(feed=feed_id).filter(
        Q(link__in=links) | Q(other__in=user_ids)
    )
    removed = list(conflicts.values_list("pk", "state"))
    if not (links or removed):
        return 0
    Conflict.objects.filter(pk__in=[pk for pk, _state in removed]).delete()
    identity_map.open_conflicts -= sum(s == Conflict.State.OPEN for _pk, s in removed)
    identity_map.links -= len(links)
    store_changes(identity_map, links, LinkChange.Change.REMOVED, at=now())
    Link.objects.filter(pk__in=[link.pk for link in links]).delete()
    record(
        "identity.forgotten",
        actor=by,
        workspace=identity_map.feed.workspace,
        stream=identity_map.feed.stream.slug,
        links=len(links),
    )
    return len(links)


def forget_digests(feed_id: int, digests: Collection[bytes]) -> int:
    """Remove the links of all people who have an identifier with one of these digests.

    Returns the number of removed links.
    """
    known = links_by_digest(feed_id, sorted(digests))
    user_ids = sorted({link.user_id for link in known.values()})
    return sum(forget(feed_id, user_id=user_id) for user_id in user_ids)


def _user_ids_of(feed_id: int, identifiers: Sequence[Identifier]) -> set[str]:
    keyed = [k for k in digests(feed_id, identifiers) if k]
    named = links_by_digest(feed_id, sorted({digest for k in keyed for digest in k}))
    return {link.user_id for link in named.values()}


def _clear_history(
    feed_id: int, links: Sequence[int], user_ids: Collection[str]
) -> None:
    """Empty the userIds in earlier changes.

    A link that was moved from one of these userIds to another has a conflict with it. All
    earlier decisions for these userIds are void, so their conflicts go, too.
    """
    with_them = Conflict.objects.filter(feed=feed_id, other__in=user_ids)
    moved = list(with_them.values_list("link", flat=True))
    changes = LinkChange.objects.filter(feed=feed_id)
    changes.filter(link_id__in=links).update(user_id="", message_id="")
    of_person = changes.filter(link_id__in=moved, user_id__in=user_ids)
    of_person.update(user_id="", message_id="")
    decided = Conflict.objects.filter(link__in=moved, kept__in=user_ids)
    decided.exclude(link__in=links).delete()
