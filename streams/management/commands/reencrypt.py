from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from streams.connections.keys import key_ring
from streams.connections.rotation import renew_keys

MOST_CONNECTIONS = 10_000  # that are read at a time


class Command(BaseCommand):
    help = (
        "Seals all write keys with the newest of ENCRYPTION_KEYS, while the portal runs."
        " First put the new key in front and restart every process, then run this, then"
        " take the old key away. Run it also after a change of SECRET_KEY."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--batch", type=int, default=500, help="connections read at a time"
        )

    def handle(self, *, batch: int, **_: Any) -> None:
        if not 1 <= batch <= MOST_CONNECTIONS:
            raise CommandError(f"--batch must be from 1 to {MOST_CONNECTIONS:,}.")
        rotation = renew_keys(batch=batch)
        newest = key_ring().newest
        self.stdout.write(f"{rotation.renewed} write keys sealed with {newest!r}.")
        for public_id in rotation.used_twice:
            self.stderr.write(f"{public_id}: another connection has the same key.")
        if rotation.unreadable:
            raise CommandError(
                "Keep the old key: ENCRYPTION_KEYS cannot open "
                + ", ".join(rotation.unreadable)
            )
