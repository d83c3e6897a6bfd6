from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from streams.base.clock import now
from streams.observability.pruning import prune


class Command(BaseCommand):
    help = (
        "Make partitions ahead and delete what is past its retention; says what it did."
    )

    def handle(self, **_: Any) -> None:
        done = prune(now=now())
        self.stdout.write(str(done))
        if done.failed_feeds:
            raise CommandError(
                f"{done.failed_feeds} feeds could not be pruned: see the log. The next run"
                " tries again."
            )
