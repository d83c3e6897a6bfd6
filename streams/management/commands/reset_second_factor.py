from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from streams.sign_in.second_factor.reset import reset_second_factor
from streams.tenancy.models import User


class Command(BaseCommand):
    help = (
        "Remove the authenticator app, passkeys and recovery codes of a person who lost all"
        " of them, end their sessions, and email them. Verify who is asking first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the person's email address")

    def handle(self, *, email: str, **_: Any) -> None:
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(f"There is no user with the email {email}.")
        removed = reset_second_factor(user=user)
        self.stdout.write(
            f"Removed {removed} factors of {user.email} and ended all sessions. At the next"
            " sign-in, operators and partner admins must add a new one."
        )
