from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from streams.base.clock import now
from streams.prune import prune


class Command(BaseCommand):
    help = (
        "Create upcoming partitions, delete everything past its retention, and print a"
        " summary."
    )

    def handle(self, **_: Any) -> None:
        done = prune(now=now())
        self.stdout.write(str(done))
        if done.failed_feeds:
            raise CommandError(
                f"Pruning failed for {done.failed_feeds} feeds. See the log for the errors."
                " The next run retries them."
            )
