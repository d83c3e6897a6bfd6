from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as DjangoCommand
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from streams.base.database.safe_migrations import (
    TOO_OLD,
    LockNotAvailable,
    is_too_old,
    with_short_locks,
)


class Command(DjangoCommand):
    help = (
        "Migrate the database to this version while the portal runs. Waits at most 2 s for"
        " a table that is in use, so that ingest continues, and retries for 30 minutes."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if is_too_old(MigrationLoader(connection)):
            raise CommandError(TOO_OLD)
        try:
            with_short_locks(
                connection,
                lambda: DjangoCommand.handle(self, *args, **options),
                say=self.stderr.write,
            )
        except LockNotAvailable as error:
            raise CommandError(str(error)) from error
