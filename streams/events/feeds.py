from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from streams.audit.services import record, record_each
from streams.base.clock import now
from streams.base.ids import Secret, new_secret
from streams.events.models import Feed, ReplacedIngestKey

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from streams.catalog.models import Stream
    from streams.tenancy.models import User, Workspace

INGEST_KEY_PREFIX = "ik_"
# Requests with a replaced key are counted for this long.
REPLACED_KEPT = timedelta(days=30)


@transaction.atomic
def open_feed(
    *, stream: Stream, workspace: Workspace, actor: User | None
) -> tuple[Feed, Secret | None]:
    """Get or create the feed of a workspace in a stream; the ingest key only if created."""
    secret = new_secret(INGEST_KEY_PREFIX)
    feed, is_new = Feed.objects.get_or_create(
        stream=stream, workspace=workspace, defaults=_key_fields(secret)
    )
    if not is_new:
        return feed, None
    record("feed.opened", actor=actor, workspace=workspace, stream=stream.slug)
    return feed, secret


@transaction.atomic
def open_feeds(
    *, stream: Stream, workspaces: Collection[Workspace], at: datetime
) -> list[Feed]:
    """Get or create the feeds of workspaces in a stream with few statements.

    Their ingest keys are unknown: a user creates a new key when it is needed.
    """
    known = Feed.objects.filter(stream=stream, workspace__in=workspaces)
    before = set(known.values_list("workspace_id", flat=True))
    new = [w for w in workspaces if w.pk not in before]
    Feed.objects.bulk_create(
        [
            Feed(
                stream=stream,
                workspace=workspace,
                created_at=at,
                **_key_fields(new_secret(INGEST_KEY_PREFIX)),
            )
            for workspace in new
        ],
        ignore_conflicts=True,
    )
    record_each("feed.opened", [(w, {}) for w in new], at=at, stream=stream.slug)
    return list(known.select_related("workspace").all())


@transaction.atomic
def new_ingest_key(
    *, feed: Feed, actor: User | None, secret: Secret | None = None
) -> Secret:
    """Create a new ingest key for a feed; the old one stops working immediately.

    `secret` is for the demonstration, whose keys are the same at each start.
    """
    secret = secret or new_secret(INGEST_KEY_PREFIX)
    _keep_replaced(feed, secret)
    Feed.objects.filter(pk=feed.pk).update(**_key_fields(secret))
    feed.refresh_from_db(fields=["ingest_key_digest", "ingest_key_hint"])
    record(
        "feed.ingest_key_made",
        actor=actor,
        workspace=feed.workspace,
        stream=feed.stream.slug,
        hint=secret.hint,
    )
    return secret


def _keep_replaced(feed: Feed, new: Secret) -> None:
    """Keep the digest of a feed's key, which `new` replaces, instead of an earlier one."""
    own = Feed.objects.select_for_update(no_key=True).filter(pk=feed.pk)
    digest, hint = own.values_list("ingest_key_digest", "ingest_key_hint").get()
    if digest and digest != new.digest:
        ReplacedIngestKey.objects.update_or_create(
            feed=feed, defaults={"digest": digest, "hint": hint, "replaced_at": now()}
        )


def replaced_keys(
    digests: Collection[str], at: datetime
) -> dict[str, ReplacedIngestKey]:
    """Return the keys with these digests that were replaced in the last REPLACED_KEPT."""
    if not digests:
        return {}
    found = ReplacedIngestKey.objects.filter(
        digest__in=digests, replaced_at__gt=at - REPLACED_KEPT
    )
    return {key.digest: key for key in found.select_related("feed")}


def forget_replaced_keys(at: datetime) -> int:
    """Delete the keys that were replaced more than REPLACED_KEPT before; return how many."""
    old = ReplacedIngestKey.objects.filter(replaced_at__lte=at - REPLACED_KEPT)
    return old.delete()[0]


def _key_fields(secret: Secret) -> dict[str, str]:
    return {"ingest_key_digest": secret.digest, "ingest_key_hint": secret.hint}
