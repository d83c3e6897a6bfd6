from __future__ import annotations

from django.core.management import BaseCommand, CommandError, CommandParser

from streams.delivery.services import RegionNotOffered
from streams.management.demo import cast, seeding


class Command(BaseCommand):
    """The events of the stream are told by the demonstration's traffic: campaign.py."""

    help = (
        "Make the demonstration: partner Postbox, its stream, two workspaces (the first"
        " connected to the sandbox) and a member of each kind. Run again, it makes what"
        " is missing. Refuses where HTTPS is on or real partners are: these accounts are"
        " for one's own machine."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="Do not refuse.")

    def handle(self, *args: object, **options: object) -> None:
        obstacle = seeding.obstacle()
        if obstacle and not options["force"]:
            raise CommandError(f"Nothing was seeded: {obstacle}")
        try:
            seeding.seed()
        except RegionNotOffered:
            raise CommandError(
                "Nothing was seeded: SANDBOX_URL is not set, and the first workspace is"
                " connected to the sandbox. Under `manage.py up` it is set."
            ) from None
        if options["verbosity"]:
            for one in cast.sign_ins():
                self.stdout.write(f"{one.role:<18}  {one.email:<24}  {one.password}")
