"""The encryption keys that stored secrets need and ENCRYPTION_KEYS lacks."""

from __future__ import annotations

from django.apps import apps

from streams.connections.write_keys import key_ring, unknown_key_ids
from streams.sign_in.second_factor import stored_secrets
from streams.sign_in.sso import client_secrets


def missing_keys() -> list[str]:
    """Return the IDs of the keys, sorted.

    Write keys, second factors, single sign-on and webhooks need them.
    """
    of_people = stored_secrets.unknown_key_ids()
    of_sso, of_webhooks = client_secrets.unknown_key_ids(), _of_webhooks()
    return sorted({*unknown_key_ids(), *of_people, *of_sso, *of_webhooks})


def _of_webhooks() -> list[str]:
    # By name, because webhooks are in a package above this one.
    endpoints = apps.get_model("streams", "WebhookEndpoint")._default_manager
    lacking = endpoints.exclude(key_ring_id__in=key_ring().keys).order_by("key_ring_id")
    return list(lacking.values_list("key_ring_id", flat=True).distinct())
