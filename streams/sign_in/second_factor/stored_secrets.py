"""The secrets of authenticator apps and recovery codes, encrypted in allauth's table."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, StrIndex, Substr

from streams.audit.services import record
from streams.base.caching.key_rings import key_ring
from streams.base.keyring import CannotDecrypt, Ciphertext

BOUND_TO = "streams.sign_in.second_factor"
FIELDS = ("secret", "seed")  # of `Authenticator.data`: TOTP, recovery codes


@dataclass(slots=True)
class FactorReencryption:
    """The result of a rotation, with the emails of users whose key is missing."""

    renewed: int = 0
    unreadable: list[str] = field(default_factory=list)


def seal(text: str) -> str:
    """Encrypt a secret as `key ID:base64`."""
    sealed = key_ring().seal(text, bound_to=BOUND_TO)
    return f"{sealed.key_id}:{base64.b64encode(sealed.ciphertext).decode()}"


def unseal(sealed: str) -> str:
    """Decrypt a secret. Raises CannotDecrypt."""
    key_id, _, text = sealed.partition(":")
    ciphertext = Ciphertext(key_id, base64.b64decode(text))
    return key_ring().open(ciphertext, bound_to=BOUND_TO)


def unknown_key_ids() -> list[str]:
    """The IDs of keys that second factors need and ENCRYPTION_KEYS lacks, sorted."""
    # Only the IDs leave the database: each person has two rows, and probes ask often.
    sealed = Coalesce(*(KeyTextTransform(name, "data") for name in FIELDS))
    rows = Authenticator.objects.annotate(sealed=sealed).filter(sealed__contains=":")
    key_id = Substr("sealed", 1, StrIndex("sealed", Value(":")) - 1)
    used = rows.values_list(key_id, flat=True).distinct()
    return sorted(set(used) - key_ring().keys.keys())


def renew_factors() -> FactorReencryption:
    """Encrypt all secrets with the newest key. Can be stopped and run again at any time."""
    result, newest = FactorReencryption(), key_ring().newest
    rows = Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN)
    for pk, email in list(rows.order_by("pk").values_list("pk", "user__email")):
        try:
            result.renewed += _renew(pk, newest)
        except CannotDecrypt:
            result.unreadable.append(email)
    if result.renewed:
        count = result.renewed
        record("second_factors.renewed", actor=None, count=count, key_id=newest)
    return result


@transaction.atomic
def _renew(pk: int, newest: str) -> bool:
    """Return whether the row had an older key. Raises CannotDecrypt."""
    row = Authenticator.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        return False
    old = [
        name
        for name in FIELDS
        if name in row.data and row.data[name].partition(":")[0] != newest
    ]
    for name in old:
        row.data[name] = seal(unseal(row.data[name]))
    if old:
        row.save(update_fields=["data"])
    return bool(old)
