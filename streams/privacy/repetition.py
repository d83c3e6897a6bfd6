"""Have erasures run again, after a backup brought back what they erased.

They identify people by digests, so the keys of IDENTITY_KEYS with which these were computed
are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from django.db import transaction

from streams.audit.services import record
from streams.base.msgspec_types import prepared
from streams.delivery.wake import wake_erasures_after_commit
from streams.events import quarantine
from streams.events.erasure.models import Erasure
from streams.events.erasure.person import PersonDigests
from streams.events.models import Feed
from streams.identity.forgetting import forget_digests

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REPEATED = "erasure.repeated"  # the activity log's entry


class InvalidRecord(ValueError):
    """A line is no record of an erasure."""


@prepared
class ErasureRecord(msgspec.Struct, forbid_unknown_fields=True):
    """An erasure outside the database, without the person's data."""

    id: str
    workspace: str  # its public ID
    stream: str  # its slug
    digest: str
    person: dict[str, list[str]]
    origin: str
    requested_at: str


def record_of(erasure: Erasure) -> dict[str, Any]:
    """Return the record of an erasure, as JSON types."""
    fields: dict[str, Any] = msgspec.to_builtins(
        ErasureRecord(
            id=erasure.public_id,
            workspace=erasure.feed.workspace.public_id,
            stream=erasure.feed.stream.slug,
            digest=bytes(erasure.digest).hex(),
            person=erasure.person,
            origin=str(erasure.origin),
            requested_at=erasure.requested_at.isoformat(),
        )
    )
    return fields


def repeat(records: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
    """Have all erasures of the database and of these records run again.

    Returns how many that are, and how many records have a workspace or stream that doesn't
    exist. Raises InvalidRecord; nothing has changed then.
    """
    try:
        read = [msgspec.convert(one, ErasureRecord) for one in records]
        people = [PersonDigests.read(one.person) for one in read]
    except (msgspec.ValidationError, KeyError, ValueError) as error:
        raise InvalidRecord(str(error)) from None
    with transaction.atomic():
        gone = sum(
            not _restore(one, person) for one, person in zip(read, people, strict=True)
        )
        erasures = Erasure.objects.select_related("feed__stream", "feed__workspace")
        for erasure in erasures.order_by("feed_id", "pk"):
            _restart(erasure)
        wake_erasures_after_commit()
        return erasures.count(), gone


def _restore(one: ErasureRecord, person: PersonDigests) -> bool:
    """Store an erasure that the backup lacks. False: there is no such feed."""
    feed = Feed.objects.filter(
        workspace__public_id=one.workspace, stream__slug=one.stream
    ).first()
    if feed is None:
        return False
    Erasure.objects.get_or_create(
        public_id=one.id,
        defaults={
            "feed": feed,
            "digest": bytes.fromhex(one.digest),
            "person": person.stored(),
            "origin": one.origin,
            "requested_at": one.requested_at,
            "first_seq": 0,
            "last_seq": 0,
            "position": 0,
            "last_id": 0,
        },
    )
    return True


def _restart(erasure: Erasure) -> None:
    """Search everything again, and forget the person's links again."""
    person = PersonDigests.read(erasure.person)
    links = forget_digests(erasure.feed_id, person.users | person.given | person.linked)
    feed = Feed.objects.select_for_update(no_key=True).get(pk=erasure.feed_id)
    Erasure.objects.filter(pk=erasure.pk).update(
        first_seq=feed.expired_seq,
        position=feed.expired_seq,
        last_seq=feed.head_seq,
        last_id=quarantine.last_id(feed.pk),
        quarantine_position=0,
        links=erasure.links + links,
        ended_at=None,
    )
    record(
        REPEATED,
        actor=None,
        workspace=erasure.feed.workspace,
        stream=erasure.feed.stream.slug,
        feed=feed.pk,
        erasure=erasure.public_id,
    )
