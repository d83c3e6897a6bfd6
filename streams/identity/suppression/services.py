"""Suppress people, and store their events again."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from streams.audit.services import record
from streams.identity.digests import (
    digests,
    key_check,
    message,
    ring,
    user_id_message,
    workspace_keys,
)
from streams.identity.identifiers import NoPerson
from streams.identity.models import IdentityKey, Link, SuppressedKey, SuppressedPerson
from streams.identity.stored import links_by_digest
from streams.identity.user_ids import problem
from streams.tenancy.models import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.db.models import QuerySet

    from streams.events.models import Feed
    from streams.identity.identifiers import Identifier
    from streams.tenancy.models import User

HINT_BYTES = 4
CHUNK = 500  # rows in one statement

Origin = SuppressedPerson.Origin


@dataclass(frozen=True, slots=True)
class SuppressionScope:
    """Where a person is suppressed: in one feed, or (None) in all feeds of a workspace.

    An ID in the tool counts only with a feed: in another tool, it can be someone else's.
    """

    workspace: Workspace
    feed: Feed | None = None

    def feed_ids(self) -> list[int]:
        """Return the existing feeds."""
        if self.feed is not None:
            return [self.feed.pk]
        return list(self.workspace.feeds.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def suppress(
    scope: SuppressionScope,
    *,
    user_id: str = "",
    identifiers: Sequence[Identifier] = (),
    origin: Origin,
    by: User | None = None,
) -> tuple[SuppressedPerson, bool]:
    """Don't store events of this person any more. Can be repeated.

    The userIds that the identity map has for the identifiers count, too, and all that it has
    for these userIds. Returns the person, and whether they weren't suppressed before. Ingest
    knows within 5 seconds. Raises NoPerson.
    """
    user_ids, messages = _messages(user_id, identifiers)
    workspace = _locked(scope.workspace)
    links = _links(scope.feed_ids(), user_ids, identifiers)
    messages += [user_id_message(one) for one in sorted({k.user_id for k in links})]
    newest = workspace_keys(workspace.pk)[0]
    given = list(dict.fromkeys(newest.digest(one) for one in messages))
    known = _with(scope, messages).filter(feed=scope.feed).order_by("pk").first()
    person = known or SuppressedPerson.objects.create(
        workspace=workspace,
        feed=scope.feed,
        hint=given[0][:HINT_BYTES].hex(),
        origin=origin,
        suppressed_by=by,
    )
    rows = [SuppressedKey(person=person, digest=d, key_id=newest.key_id) for d in given]
    _add(person, rows + [_linked(person, link) for link in links])
    if known is None:
        _note("privacy.suppressed", scope, person, by)
    return person, known is None


@transaction.atomic
def unsuppress(
    scope: SuppressionScope,
    *,
    user_id: str = "",
    identifiers: Sequence[Identifier] = (),
    by: User | None = None,
) -> int:
    """Store events of this person again. Returns how many suppressed people that were.

    In a workspace, those of its feeds count, too. In a feed, only its own: a suppression of
    the workspace stays. Can be repeated. Raises NoPerson.
    """
    _user_ids, messages = _messages(user_id, identifiers)
    _locked(scope.workspace)
    people = _with(scope, messages)
    if scope.feed is not None:
        people = people.filter(feed=scope.feed)
    return _remove(scope, list(people.order_by("pk")), by)


def suppressed_with(
    scope: SuppressionScope,
    *,
    user_id: str = "",
    identifiers: Sequence[Identifier] = (),
) -> list[SuppressedPerson]:
    """Return the suppressed people with this userId or one of these identifiers.

    Raises NoPerson.
    """
    _user_ids, messages = _messages(user_id, identifiers)
    return list(_with(scope, messages).order_by("pk"))


def lock_workspaces(ids: Iterable[int]) -> None:
    """Lock workspaces whose suppressed people are about to change, in one order."""
    rows = Workspace.objects.filter(pk__in=set(ids)).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))


def _messages(
    user_id: str, identifiers: Sequence[Identifier]
) -> tuple[list[str], list[bytes]]:
    """Return the userId, if there is one, and what digests are made of. Raises NoPerson."""
    user_ids = [user_id] if user_id and not problem(user_id) else []
    messages = [user_id_message(one) for one in user_ids]
    messages += [m for one in identifiers if (m := message(one)) is not None]
    if not messages:
        raise NoPerson
    return user_ids, messages


def _locked(workspace: Workspace) -> Workspace:
    # Without the key, so that ingest can open feeds of the workspace meanwhile.
    return Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)


def _links(
    feed_ids: Sequence[int], user_ids: Sequence[str], identifiers: Sequence[Identifier]
) -> list[Link]:
    """Return all links of the person in these feeds."""
    links: list[Link] = []
    for feed_id in feed_ids:
        keyed = [k for k in digests(feed_id, identifiers) if k]
        known = links_by_digest(feed_id, sorted({d for k in keyed for d in k}))
        wanted = {*user_ids, *(link.user_id for link in known.values())}
        links += Link.objects.filter(feed=feed_id, user_id__in=wanted).order_by("pk")
    return links


def _linked(person: SuppressedPerson, link: Link) -> SuppressedKey:
    return SuppressedKey(
        person=person,
        linked_in_id=link.feed_id,
        digest=bytes(link.digest),
        key_id=link.key_id,
    )


def _with(
    scope: SuppressionScope, messages: Sequence[bytes]
) -> QuerySet[SuppressedPerson]:
    """Return the people of the workspace with a digest of one of these messages."""
    keys = workspace_keys(scope.workspace.pk)
    wanted = [key.digest(one) for one in messages for key in keys]
    found = SuppressedKey.objects.filter(digest__in=wanted, linked_in=None)
    return SuppressedPerson.objects.filter(
        workspace=scope.workspace, pk__in=found.values("person")
    )


def _add(person: SuppressedPerson, rows: Sequence[SuppressedKey]) -> None:
    before = SuppressedKey.objects.filter(person=person)
    known = {bytes(digest) for digest in before.values_list("digest", flat=True)}
    new = [row for row in rows if row.digest not in known]
    if not new:
        return
    key_id = ring().newest
    kept = IdentityKey(key_id=key_id, check_bytes=key_check(key_id))
    IdentityKey.objects.bulk_create([kept], ignore_conflicts=True)
    SuppressedKey.objects.bulk_create(new, batch_size=CHUNK, ignore_conflicts=True)
    _mark(person.workspace_id)


def _remove(
    scope: SuppressionScope, people: Sequence[SuppressedPerson], by: User | None
) -> int:
    ids = [person.pk for person in people]
    if not ids:
        return 0
    SuppressedKey.objects.filter(person__in=ids).delete()
    SuppressedPerson.objects.filter(pk__in=ids).delete()
    _mark(scope.workspace.pk)
    for person in people:
        _note("privacy.unsuppressed", scope, person, by)
    return len(ids)


def _mark(workspace_id: int) -> None:
    """Give the set of suppressed people another number, or 0 if it is empty."""
    people = SuppressedPerson.objects.filter(workspace=workspace_id)
    # Random, so that no number comes twice.
    number = 1 + secrets.randbits(62) if people.exists() else 0
    Workspace.objects.filter(pk=workspace_id).update(suppression=number)


def _note(
    action: str, scope: SuppressionScope, person: SuppressedPerson, by: User | None
) -> None:
    stream: dict[str, Any] = {"stream": scope.feed.stream.slug} if scope.feed else {}
    record(action, actor=by, workspace=scope.workspace, person=person.hint, **stream)
