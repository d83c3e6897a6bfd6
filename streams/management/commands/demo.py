from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from streams.base.clock import now
from streams.management.demo import campaign
from streams.management.demo.progress import Progress
from streams.management.demo.sender import NotTaken, PartnerServer
from streams.management.first_run.run_file import RunFacts

if TYPE_CHECKING:
    from streams.management.first_run.run_file import FeedFacts

ONE_WRONG_IN = 400  # events: so that there are findings to look at
MOST_EVENTS = 1_000_000  # they are made before they are sent


class Command(BaseCommand):
    """The traffic of a mail campaign: campaign.py says what it is made of."""

    help = (
        "Send a day of a mail campaign's events to the portal that runs here, through its"
        " public ingest and with the partner's token, as the partner's server would."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--events", type=int, default=5_000, help="How many; 5000.")
        parser.add_argument(
            "--workspace", help="Whose, by external id; the first of run.json."
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
        except NotTaken as error:
            raise CommandError(str(error)) from None
        told = ", ".join(f"{count:,} {name}" for name, count in outcomes.most_common())
        self.stdout.write(
            f"\n  {told} for {feed.workspace}. See them arrive:\n\n"
            f"    in the portal   {facts.web}/\n"
            f"    in the sandbox  {facts.sandbox}/\n"
        )
        if outcomes["warned"]:
            self.stdout.write(
                "  Those warned are sent, too: Findings, in the portal, says what is wrong with"
                " them.\n"
            )
        if outcomes["held"]:
            self.stdout.write(
                "  Those held wait for a connection: sign in as the workspace's editor"
                " and make one.\n"
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
            f"No portal is up here: there is no {path}. Start one with `make run`, wait"
            " until it says that it is up, then try again in another terminal."
        ) from None
    if not facts.feeds:
        raise CommandError("The portal that is up has no demonstration to send for.")
    return facts


def _feed(facts: RunFacts, workspace: str | None) -> FeedFacts:
    for feed in facts.feeds:
        if workspace in {None, feed.workspace}:
            return feed
    known = ", ".join(feed.workspace for feed in facts.feeds)
    raise CommandError(f"There is no workspace {workspace!r} here, only: {known}.")
