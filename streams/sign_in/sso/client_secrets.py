"""Client secrets of partners' providers: encrypted for one row, and never shown."""

from __future__ import annotations

from typing import TypedDict

from django.views.decorators.debug import sensitive_variables

from streams.base.caching.key_rings import key_ring
from streams.base.keyring import CannotDecrypt, Ciphertext
from streams.sign_in.sso.models import SsoProvider


class SecretFields(TypedDict):
    """The columns that store a client secret."""

    secret_ciphertext: bytes
    secret_ring_id: str


@sensitive_variables("text")
def seal(text: str, *, public_id: str) -> SecretFields:
    """Return the columns for a secret, sealed for this provider alone."""
    sealed = key_ring().seal(text, bound_to=_row(public_id))
    return SecretFields(
        secret_ciphertext=sealed.ciphertext, secret_ring_id=sealed.key_id
    )


def client_secret(provider: SsoProvider) -> str:
    """Return the secret. Raises base.keyring.CannotDecrypt."""
    sealed = Ciphertext(provider.secret_ring_id, bytes(provider.secret_ciphertext))
    return key_ring().open(sealed, bound_to=_row(provider.public_id))


def unknown_key_ids() -> list[str]:
    """Return the IDs of keys that secrets need and ENCRYPTION_KEYS lacks, sorted."""
    lacking = SsoProvider.objects.exclude(secret_ring_id__in=key_ring().keys)
    ids = lacking.order_by("secret_ring_id").values_list("secret_ring_id", flat=True)
    return list(ids.distinct())


def renew_secrets() -> tuple[int, list[str]]:
    """Encrypt all secrets with the newest key, as often as needed.

    Returns how many were renewed, and the partners whose secret can't be decrypted. There is
    at most one secret for each partner. One that is replaced meanwhile is kept.
    """
    renewed, unreadable = 0, []
    outdated = SsoProvider.objects.exclude(secret_ring_id=key_ring().newest)
    for provider in outdated.select_related("partner").order_by("pk"):
        try:
            text = client_secret(provider)
        except CannotDecrypt:
            unreadable.append(provider.partner.slug)
            continue
        old = bytes(provider.secret_ciphertext)
        same = SsoProvider.objects.filter(pk=provider.pk, secret_ciphertext=old)
        renewed += same.update(**seal(text, public_id=provider.public_id))
    return renewed, unreadable


def _row(public_id: str) -> str:
    return f"sso_provider:{public_id}"
