from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from streams.identity.old_keys import KeyIsNeeded, KeyUse, forget_key, key_uses


class Command(BaseCommand):
    help = (
        "Show which keys of IDENTITY_KEYS the links of the identity map still need. With"
        " --forget, let processes start without a key that no link needs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--forget", metavar="ID", help="the ID of an old key")

    def handle(self, *, forget: str | None, **_: Any) -> None:
        if forget is not None:
            try:
                forget_key(forget)
            except KeyIsNeeded as error:
                raise CommandError(str(error)) from None
            self.stdout.write(
                f"{forget} is no longer required. Remove it from IDENTITY_KEYS, and restart"
                " all processes."
            )
            return
        for use in key_uses():
            self.stdout.write(_in_words(use))


def _in_words(use: KeyUse) -> str:
    links = "1 link" if use.links == 1 else f"{use.links:,} links"
    if use.is_newest:
        return f"{use.key_id}: {links}. It is the first key: new links get it."
    if use.last_seen_at is None:
        return f"{use.key_id}: no links. It isn't needed: run this with --forget {use.key_id}."
    return f"{use.key_id}: {links}, seen until {use.last_seen_at:%Y-%m-%d}. Keep it."
