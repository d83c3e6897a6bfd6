"""The feeds for requests with an API token, and new workspaces within the limits."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery

from streams.base.clock import now
from streams.catalog.models import Stream
from streams.connections.models import Connection
from streams.events.feeds import open_feeds
from streams.events.models import Feed
from streams.ingest.workspaces.resolution import too_many, too_many_new
from streams.tenancy.external_ids import InvalidExternalId, clean_external_id
from streams.tenancy.models import Workspace
from streams.tenancy.services import create_workspaces

if TYPE_CHECKING:
    from streams.base.request_errors import RequestRefused
    from streams.ingest.credentials.credential_cache import CredentialAccess

MINUTE = timedelta(minutes=1)


def open_feeds_of(
    access: CredentialAccess, external_ids: Collection[str], *, may_create: bool
) -> Iterator[tuple[str, Feed | RequestRefused]]:
    """Yield each external ID with its feed, or with the reason to retry later.

    IDs without a workspace are left out. An exact match, which older workspaces can have,
    takes precedence over the normalized ID.
    """
    clean = {one: _clean(one) for one in external_ids}
    feeds = _feeds(access, {*clean, *filter(None, clean.values())})
    refusal = None
    if may_create:
        missing = {c for one, c in clean.items() if c and not {one, c} & feeds.keys()}
        if missing:
            new = [c for c in dict.fromkeys(clean.values()) if c in missing]
            opened, refusal = _open(access, new)
            feeds |= opened
    for one, cleaned in clean.items():
        feed = feeds.get(one) or feeds.get(cleaned)
        if feed is not None:
            yield one, feed
        elif cleaned and refusal is not None:
            yield one, refusal


def _clean(external_id: str) -> str:
    try:
        return clean_external_id(external_id)
    except InvalidExternalId:
        return ""


def _feeds(access: CredentialAccess, external_ids: Collection[str]) -> dict[str, Feed]:
    connection = Connection.objects.current().filter(feed=OuterRef("pk"))
    feeds = Feed.objects.select_related("stream", "workspace").filter(
        stream=access.stream_id, workspace__external_id__in=external_ids
    )
    found = feeds.annotate(connection_status=Subquery(connection.values("status")[:1]))
    return {feed.workspace.external_id: feed for feed in found}


@transaction.atomic
def _open(
    access: CredentialAccess, external_ids: list[str]
) -> tuple[dict[str, Feed], RequestRefused | None]:
    """Open feeds for these IDs in order. Returns them, and a refusal for the others.

    Existing workspaces of the partner get a feed. New ones are created if the stream allows
    it, up to the limits. The stream's row is locked, so that processes count in turn.
    """
    streams = Stream.objects.select_related("partner").select_for_update(
        of=("self",), no_key=True
    )
    stream = streams.get(pk=access.stream_id)
    known = Workspace.objects.filter(
        partner=stream.partner_id, external_id__in=external_ids
    )
    # Locked, so that none of them can be deleted in the meantime.
    workspaces = list(known.select_for_update(no_key=True).order_by("pk"))
    there = {workspace.external_id for workspace in workspaces}
    new = [one for one in external_ids if one not in there]
    room, refusal = len(new), None
    if new and stream.create_workspaces:
        room, refusal = _room(stream, len(new))
        if created := new[:room]:
            workspaces += create_workspaces(
                partner=stream.partner, external_ids=created, at=now()
            )
    if workspaces:
        open_feeds(stream=stream, workspaces=workspaces, at=now())
    # Read them before others can delete them: a missing feed means an unknown workspace.
    return _feeds(access, external_ids), refusal


def _room(stream: Stream, wanted: int) -> tuple[int, RequestRefused | None]:
    """Return how many workspaces can be created now, and the refusal for the others."""
    counts = Feed.objects.filter(stream=stream).aggregate(
        all=Count("pk"), new=Count("pk", filter=Q(created_at__gt=now() - MINUTE))
    )
    most, rate = settings.MAX_STREAM_WORKSPACES, settings.MAX_NEW_WORKSPACES_PER_MINUTE
    room = max(0, most - counts["all"]) if most else wanted
    of_minute = max(0, rate - counts["new"]) if rate else wanted
    if min(room, of_minute) >= wanted:
        return wanted, None
    if of_minute <= room:
        return of_minute, too_many_new()
    return room, too_many()
