"""Find out what identifies a person in a feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from streams.events.erasure.person import (
    PersonDigests,
    identifier_digests,
    user_id_digests,
)
from streams.identity.identifiers import NoPerson
from streams.identity.lookup import find
from streams.identity.models import Link

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streams.events.models import Feed
    from streams.identity.identifiers import Identifier


def given_digests(
    feed_id: int, user_id: str, identifiers: Sequence[Identifier]
) -> list[bytes]:
    """Return the digests of a userId or, if it is "", of identifiers. Raises NoPerson."""
    given = (
        user_id_digests(feed_id, user_id)
        if user_id
        else identifier_digests(feed_id, identifiers)
    )
    if not given:
        raise NoPerson(_("This value can't identify a person."))
    return given


def digests_of_person(
    feed: Feed, *, user_id: str, identifiers: Sequence[Identifier]
) -> PersonDigests:
    """Return the digests of a person, with those that the identity map knows.

    If `user_id` is "", the identifiers count. Raises NoPerson.
    """
    given = given_digests(feed.pk, user_id, identifiers)
    user_ids = (
        {user_id} if user_id else {one.user_id for one in _links(feed, identifiers)}
    )
    users = [digest for one in user_ids for digest in user_id_digests(feed.pk, one)]
    links = Link.objects.filter(feed=feed, user_id__in=user_ids)
    linked = map(bytes, links.values_list("digest", flat=True))
    asked = frozenset[bytes]() if user_id else frozenset(given)
    return PersonDigests(frozenset(users), asked, frozenset(linked))


def _links(feed: Feed, identifiers: Sequence[Identifier]) -> Iterable[Link]:
    found = [link.id for link in find(feed.pk, identifiers).values()]
    return Link.objects.filter(pk__in=found, feed=feed)
