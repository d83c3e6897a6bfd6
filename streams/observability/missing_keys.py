"""The keys that stored rows need, and that ENCRYPTION_KEYS or IDENTITY_KEYS lacks."""

from __future__ import annotations

from django.apps import apps

from streams.base.caching.key_rings import key_ring
from streams.connections.write_keys import unknown_key_ids
from streams.identity.digests import key_check, ring
from streams.identity.inbound import secrets as inbound_secrets
from streams.identity.models import IdentityKey
from streams.sign_in.second_factor import stored_secrets
from streams.sign_in.sso import client_secrets


def missing_keys() -> list[str]:
    """Return the IDs of the keys, sorted.

    Write keys, second factors, single sign-on, webhooks and inbound addresses need them.
    """
    of_people = stored_secrets.unknown_key_ids()
    of_sso, of_webhooks = client_secrets.unknown_key_ids(), _of_webhooks()
    of_inbound = inbound_secrets.unknown_key_ids()
    return sorted({*unknown_key_ids(), *of_people, *of_sso, *of_webhooks, *of_inbound})


def missing_identity_keys() -> list[str]:
    """Return the IDs of the keys that links need, sorted; also if another key has the ID."""
    known = {key_id: key_check(key_id) for key_id in ring().keys}
    needed = IdentityKey.objects.values_list("key_id", "check_bytes")
    return sorted(k for k, check in needed if known.get(k) != bytes(check))


def missing_in_words() -> str:
    """Return which keys are missing in one sentence for operators; empty: none is."""
    if ids := missing_keys():
        return (
            f"ENCRYPTION_KEYS lacks keys that encrypted secrets need: {', '.join(ids)}."
        )
    if ids := missing_identity_keys():
        return (
            f"IDENTITY_KEYS lacks keys that the identity map needs: {', '.join(ids)}."
        )
    return ""


def _of_webhooks() -> list[str]:
    # By name, because webhooks are in a package above this one.
    endpoints = apps.get_model("streams", "WebhookEndpoint")._default_manager
    lacking = endpoints.exclude(key_ring_id__in=key_ring().keys).order_by("key_ring_id")
    return list(lacking.values_list("key_ring_id", flat=True).distinct())
