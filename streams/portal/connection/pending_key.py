"""A write key that is passed from one page to the next, encrypted."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.core import signing
from django.core.exceptions import BadRequest

from streams.base.caching.key_rings import key_ring
from streams.base.keyring import CannotDecrypt, Ciphertext, MissingKey
from streams.connections.regions import Region

if TYPE_CHECKING:
    from streams.connections.models import Connection
    from streams.tenancy.models import User

SALT = "streams.portal.carried"
MAX_AGE_S = 15 * 60


@dataclass(frozen=True, slots=True)
class PendingChange:
    """A change that the user has not confirmed yet."""

    region: Region
    write_key: str = field(default="", repr=False)  # empty: unchanged

    @property
    def last4(self) -> str:
        return self.write_key[-4:]

    @property
    def region_label(self) -> str:
        return str(self.region.label)

    def seal(self, connection: Connection, user: User) -> str:
        """Encrypt for a hidden field, valid 15 minutes for this connection and user."""
        sealed = key_ring().seal(self.write_key, bound_to=_bound_to(connection, user))
        text = base64.b64encode(sealed.ciphertext).decode()
        return signing.dumps([self.region.value, sealed.key_id, text], salt=SALT)


def opened(
    sealed_change: str, connection: Connection, user: User
) -> PendingChange | None:
    """Decrypt a change; None if it has expired. Raises BadRequest if it is not ours."""
    try:
        region, key_id, text = signing.loads(
            sealed_change, salt=SALT, max_age=MAX_AGE_S
        )
        sealed = Ciphertext(key_id, base64.b64decode(text))
        key = key_ring().open(sealed, bound_to=_bound_to(connection, user))
    except (signing.SignatureExpired, MissingKey):
        # MissingKey: a process with a newer key sealed it, and this one lacks that key.
        return None
    except (signing.BadSignature, CannotDecrypt) as error:
        raise BadRequest(
            "This change belongs to another user or connection."
        ) from error
    return PendingChange(Region(region), key)


def _bound_to(connection: Connection, user: User) -> str:
    return f"change:{connection.public_id}:by:{user.pk}"
