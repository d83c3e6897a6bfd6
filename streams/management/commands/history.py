from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from streams.audit.services import record
from streams.events.data_loss.services import acknowledge, setback
from streams.privacy.kept_outside import missing

STEPS = """\
The database went back in time, by a restore or a failover that lost commits.
Everything acknowledged from {start} to {end} UTC may be missing.

1. Stop ingest. Otherwise, event numbers that senders have received are reused.
2. Ask every partner to resend all events since {start} UTC with the same messageIds.
   The portal drops those that the database still has. Segment drops those that were
   delivered less than 24 hours ago.
3. Repeat all changes that users made in that time. API tokens revoked since
   {start} UTC are accepted again: revoke them. Invitations, members, connections and
   plans are also in their earlier state.
4. Run `manage.py history --acknowledge`, and start ingest.
5. Run `manage.py erase --replay`. {erasures}
"""


class Command(BaseCommand):
    help = (
        "Report whether the database went back in time and list the recovery steps. Exits"
        " with 1 until it is run with --acknowledge, and until people whose erasure the"
        " database has lost are erased again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--acknowledge",
            action="store_true",
            help="confirm that the recovery is in progress or done",
        )

    def handle(self, *, acknowledge: bool, **_: Any) -> None:
        generation = setback()
        lost = len(missing())
        if generation is None:
            self.stdout.write("The database has not gone back in time.")
        elif acknowledge:
            _acknowledge()
            self.stdout.write("Acknowledged. A new database generation has started.")
        if generation is None or acknowledge:
            self._ask_for_erasures(lost)
            if lost and not acknowledge:
                raise SystemExit(1)
            return
        start, end = (
            f"{moment:%Y-%m-%d %H:%M:%S}"
            for moment in (generation.missing_from, generation.missing_until)
        )
        self.stdout.write(STEPS.format(start=start, end=end, erasures=_in_words(lost)))
        raise SystemExit(1)

    def _ask_for_erasures(self, lost: int) -> None:
        if lost:
            self.stdout.write(f"Run `manage.py erase --replay`. {_in_words(lost)}")


def _in_words(lost: int) -> str:
    if lost == 1:
        return "The data of a person who was erased since the backup is back."
    return f"The data of {lost:,} people who were erased since the backup is back."


def _acknowledge() -> None:
    generation = acknowledge()
    if generation is not None:
        record(
            "history.acknowledged",
            actor=None,
            missing_from=str(generation.missing_from),
            missing_until=str(generation.missing_until),
        )
