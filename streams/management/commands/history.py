from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from streams.audit.services import record
from streams.events.history.services import acknowledge, setback

STEPS = """\
The database went back in time, by a restore or a failover that lost commits.
Everything acknowledged from {start} to {end} UTC may be missing.

1. Stop ingest. Numbers that were reported to senders are assigned a second time.
2. Ask every partner to send all events since {start} UTC again, with the same
   messageIds. What the database still has is dropped as a duplicate. What was already
   delivered is dropped by Segment if it is less than 24 hours old.
3. Repeat what people did in that time. API tokens revoked since {start} UTC are
   accepted again: revoke them. Invitations, members, connections and plans are as they
   were, too.
4. Run `manage.py history --acknowledge`, and start ingest.
"""


class Command(BaseCommand):
    help = (
        "Says whether the database went back in time, and what to do then. Exits 1 until"
        " somebody runs it with --acknowledge."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--acknowledge",
            action="store_true",
            help="the recovery is under way or done",
        )

    def handle(self, *, acknowledge: bool, **_: Any) -> None:
        found = setback()
        if found is None:
            self.stdout.write("The database has not gone back in time.")
            return
        if acknowledge:
            _acknowledge()
            self.stdout.write("Acknowledged. A new generation began.")
            return
        start, end = (
            f"{moment:%Y-%m-%d %H:%M:%S}"
            for moment in (found.missing_from, found.missing_until)
        )
        self.stdout.write(STEPS.format(start=start, end=end))
        raise SystemExit(1)


def _acknowledge() -> None:
    found = acknowledge()
    if found is not None:
        record(
            "history.acknowledged",
            actor=None,
            missing_from=str(found.missing_from),
            missing_until=str(found.missing_until),
        )
