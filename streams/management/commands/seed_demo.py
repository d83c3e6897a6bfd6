from __future__ import annotations

from django.core.management import BaseCommand, CommandError, CommandParser

from streams.delivery.connection.services import RegionNotOffered
from streams.devtools.demo import accounts, seeding


class Command(BaseCommand):
    """Creates the demonstration's accounts. `demo` sends its events; see devtools/demo/campaign.py."""

    help = (
        "Create the demonstration: the partner Postbox, its stream, two workspaces (the"
        " first connected to the sandbox) and a member with each role. Running it again"
        " creates whatever is missing. Refuses to run if HTTPS is on or real partners"
        " exist, because these accounts are meant for your own machine."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--force",
            action="store_true",
            help="run even if HTTPS is on or real partners exist",
        )

    def handle(self, *args: object, **options: object) -> None:
        obstacle = seeding.obstacle()
        if obstacle and not options["force"]:
            raise CommandError(f"No demonstration data was created: {obstacle}")
        try:
            seeding.seed()
        except RegionNotOffered:
            raise CommandError(
                "No demonstration data was created: SANDBOX_URL is not set, and the first"
                " workspace connects to the sandbox. `manage.py up` sets SANDBOX_URL."
            ) from None
        if options["verbosity"]:
            for one in accounts.sign_ins():
                self.stdout.write(f"{one.role:<18}  {one.email:<24}  {one.password}")
