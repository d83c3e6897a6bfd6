"""Creates the inbound address of a feed, and replaces its secret."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from streams.audit.services import record
from streams.base.clock import now
from streams.base.ids import public_id as new_public_id
from streams.base.keyring import CannotDecrypt
from streams.identity.inbound.secrets import (
    OldSecret,
    StoredSecrets,
    new_inbound_secret,
    open_secrets,
    seal_secrets,
)
from streams.identity.inbound_address import InboundAddress

if TYPE_CHECKING:
    from streams.base.ids import Secret
    from streams.events.models import Feed
    from streams.tenancy.models import User

# Segment's settings are changed by a person, in one place after the other.
OVERLAP = timedelta(hours=24)


@transaction.atomic
def open_address(
    *,
    feed: Feed,
    actor: User | None,
    secret: Secret | None = None,
    public_id: str = "",
) -> tuple[InboundAddress, Secret | None]:
    """Get or create the address of a feed; the secret only if it was created.

    The demonstration passes a secret and an ID that are the same at each start.
    """
    secret = secret or new_inbound_secret()
    public_id = public_id or new_public_id()
    stored = StoredSecrets(secret.text)
    fields = seal_secrets(stored, public_id=public_id)._asdict()
    address, is_new = InboundAddress.objects.get_or_create(
        feed=feed, defaults={"public_id": public_id, **fields}
    )
    if not is_new:
        return address, None
    _note("inbound.opened", feed, actor)
    return address, secret


@transaction.atomic
def rotate_secret(
    *, address: InboundAddress, actor: User | None, secret: Secret | None = None
) -> Secret:
    """Replace the secret, and return the new one. The old one works for OVERLAP.

    Secrets that were replaced earlier keep their own time, up to MOST_OLDER of them. If
    ENCRYPTION_KEYS can't decrypt them, they are lost. The demonstration passes its secret.
    """
    address = InboundAddress.objects.select_for_update().get(pk=address.pk)
    at, until = now(), address.previous_secret_until
    try:
        old = open_secrets(address)
    except CannotDecrypt:
        old = StoredSecrets("")
    older = list(old.older)
    if old.previous and until:
        older.insert(0, OldSecret(old.previous, until))
    working = tuple(one for one in older if at < one.until)
    secret = secret or new_inbound_secret()
    stored = StoredSecrets(secret.text, old.newest, working)
    fields = seal_secrets(stored, public_id=address.public_id)
    address.sealed, address.key_ring_id = fields
    address.previous_secret_until = at + OVERLAP
    address.save(update_fields=["sealed", "key_ring_id", "previous_secret_until"])
    _note("inbound.secret_rotated", address.feed, actor)
    return secret


@transaction.atomic
def choose_suppression(
    *, address: InboundAddress, suppresses: bool, actor: User | None
) -> None:
    """Choose whether a person whom Segment deletes is suppressed, too."""
    rows = InboundAddress.objects.filter(pk=address.pk)
    changed = rows.exclude(suppresses_deleted=suppresses)
    if changed.update(suppresses_deleted=suppresses):
        action = "inbound.suppresses_deleted" if suppresses else "inbound.keeps_deleted"
        _note(action, address.feed, actor)


def _note(action: str, feed: Feed, actor: User | None) -> None:
    record(action, actor=actor, workspace=feed.workspace, stream=feed.stream.slug)
