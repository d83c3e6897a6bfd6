from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from streams.base.clock import now
from streams.devtools.demo import campaign
from streams.devtools.demo.progress_bar import Progress
from streams.devtools.demo.sender import EventsRefused, PartnerServer
from streams.devtools.run_file import RunFacts

if TYPE_CHECKING:
    from streams.devtools.run_file import FeedFacts

ONE_WRONG_IN = 400  # events, so that there are issues to look at
MOST_EVENTS = 1_000_000  # they are generated before they are sent


class Command(BaseCommand):
    """Sends the events of an email campaign; see devtools/demo/campaign.py."""

    help = (
        "Send one day of an email campaign's events to the portal on this machine, through"
        " its public ingest and with an API token, as a partner's server would."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--events",
            type=int,
            default=5_000,
            help="number of events (default: 5000)",
        )
        parser.add_argument(
            "--workspace",
            help="external ID of the workspace (default: the first in run.json)",
        )

    def handle(
        self, *args: object, events: int, workspace: str | None, **options: object
    ) -> None:
        if not 0 < events <= MOST_EVENTS:
            raise CommandError(f"--events must be from 1 to {MOST_EVENTS:,}.")
        facts = _running_portal()
        feed = _feed(facts, workspace)
        random, moment = Random(), now()  # noqa: S311 - no secret
        wrong = events // ONE_WRONG_IN
        day = [
            *campaign.day(events - wrong, now=moment, random=random),
            *campaign.older_release(wrong, now=moment, random=random),
        ]
        try:
            outcomes = self._send(facts, feed, day)
        except EventsRefused as error:
            raise CommandError(str(error)) from None
        counts = ", ".join(
            f"{count:,} {name}" for name, count in outcomes.most_common()
        )
        self.stdout.write(
            f"\n  Events sent for {feed.workspace}: {counts}. Watch them arrive:\n\n"
            f"    Portal   {facts.web}/\n"
            f"    Sandbox  {facts.sandbox}/\n"
        )
        if outcomes["warned"]:
            self.stdout.write(
                "  Events with the outcome “warned” are delivered, too. Their issues"
                " are on these pages:\n\n"
                "    Partner   Streams, the stream, Issues\n"
                "    Customer  Issues, in the menu of the workspace\n\n"
            )
        if outcomes["held"]:
            self.stdout.write(
                "  Events with the outcome “held” are queued until the workspace is"
                " connected. Sign in as its editor to connect it.\n"
            )

    def _send(
        self, facts: RunFacts, feed: FeedFacts, day: list[dict[str, Any]]
    ) -> Counter[str]:
        for event in day:
            event["workspace"] = feed.workspace
        progress = Progress(self.stdout, len(day))
        outcomes: Counter[str] = Counter()
        with PartnerServer(facts.ingest, facts.partner_token) as server:
            for some in server.send(day):
                outcomes += some
                progress.show(outcomes.total())
        return outcomes


def _running_portal() -> RunFacts:
    path = settings.VAR_DIR / "run.json"
    try:
        facts = RunFacts.read(path)
    except FileNotFoundError:
        raise CommandError(
            f"No portal is running here: {path} does not exist. Start one with `make run`,"
            " wait until it is up, and try again in another terminal."
        ) from None
    if not facts.feeds:
        raise CommandError("The running portal has no demonstration data.")
    return facts


def _feed(facts: RunFacts, workspace: str | None) -> FeedFacts:
    for feed in facts.feeds:
        if workspace in {None, feed.workspace}:
            return feed
    known = ", ".join(feed.workspace for feed in facts.feeds)
    raise CommandError(
        f"The demonstration has no workspace {workspace!r}. Choose one of: {known}."
    )
