from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from streams.alerts.webhooks.reencryption import renew_endpoints
from streams.base.caching.key_rings import key_ring
from streams.connections.reencryption import renew_keys
from streams.identity.inbound.secrets import renew_addresses
from streams.sign_in.second_factor.stored_secrets import renew_factors
from streams.sign_in.sso.client_secrets import renew_secrets

MOST_CONNECTIONS = 10_000  # in one batch


class Command(BaseCommand):
    help = (
        "Encrypt all write keys, webhook endpoints, inbound secrets, client secrets and"
        " second factors again with the first of ENCRYPTION_KEYS, while the portal runs. It is a step of rotating"
        " ENCRYPTION_KEYS or SECRET_KEY: follow “Keys and"
        " secrets” in the operator guide."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--batch",
            type=int,
            default=500,
            help="connections per batch (default: 500)",
        )

    def handle(self, *, batch: int, **_: Any) -> None:
        if not 1 <= batch <= MOST_CONNECTIONS:
            raise CommandError(f"--batch must be from 1 to {MOST_CONNECTIONS:,}.")
        rotation, webhooks = renew_keys(batch=batch), renew_endpoints(batch=batch)
        inbound = renew_addresses(batch=batch)
        factors, newest = renew_factors(), key_ring().newest
        self.stdout.write(f"Write keys encrypted with {newest!r}: {rotation.renewed}.")
        self.stdout.write(
            f"Webhook endpoints encrypted with {newest!r}: {webhooks.renewed}."
        )
        self.stdout.write(
            f"Inbound secrets encrypted with {newest!r}: {inbound.renewed}."
        )
        secrets, partners = renew_secrets()
        if secrets:
            self.stdout.write(f"Client secrets encrypted with {newest!r}: {secrets}.")
        self.stdout.write(
            f"Second factors encrypted with {newest!r}: {factors.renewed}."
        )
        for public_id in rotation.used_twice:
            self.stderr.write(
                f"Connection {public_id}: another connection has the same write key."
            )
        if problems := [
            f"{what}: {', '.join(ids)}."
            for what, ids in (
                ("the write keys of these connections", rotation.unreadable),
                ("these webhook endpoints", webhooks.unreadable),
                ("the secrets of these inbound addresses", inbound.unreadable),
                ("the single sign-on of these partners", partners),
                ("the second factors of these users", factors.unreadable),
            )
            if ids
        ]:
            raise CommandError(
                "Keep the old key. ENCRYPTION_KEYS cannot decrypt "
                + " Nor can it decrypt ".join(problems)
            )
