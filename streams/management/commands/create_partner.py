from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import URLValidator, validate_email
from django.db import transaction
from django.urls import reverse
from django.utils.text import slugify

from streams.tenancy.invitations import make_invitation, record_invitation, token_of
from streams.tenancy.models import PartnerMembership
from streams.tenancy.services import SlugTaken, create_partner


class Command(BaseCommand):
    help = (
        "Makes a partner with its stream, and prints an invitation for its first admin."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help='the company\'s name, as "Postbox"')
        parser.add_argument("admin", help="the first admin's e-mail address")
        parser.add_argument(
            "--slug", help="in the partner's URLs; from the name unless given"
        )
        parser.add_argument(
            "--stream-name", help="the tool's name; the partner's unless given"
        )
        parser.add_argument(
            "--stream-slug",
            help="names the tool in context.integration; from its name unless given",
        )
        parser.add_argument(
            "--url",
            help="where people reach this portal (default: https:// and the first of"
            " ALLOWED_HOSTS; with HTTPS=off, localhost and PORT)",
        )

    @transaction.atomic
    def handle(
        self,
        *,
        name: str,
        admin: str,
        slug: str | None,
        stream_name: str | None,
        stream_slug: str | None,
        url: str | None,
        **_: Any,
    ) -> None:
        portal = _portal_url(url)
        stream_name = stream_name or name
        try:
            validate_email(admin)
            partner = create_partner(
                name=name,
                slug=slug or slugify(name),
                stream_name=stream_name,
                stream_slug=stream_slug or slugify(stream_name),
                admin=None,
                actor=None,
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except SlugTaken as error:
            raise CommandError(str(error)) from error
        role = PartnerMembership.Role.ADMIN
        made = make_invitation(place=partner, email=admin, role=role, actor=None)
        record_invitation("member.invitation_printed", made, None)
        path = reverse("portal:invitation", args=[token_of(made)])
        self.stdout.write(f"{partner} is made. {admin} may join once, within a week:")
        self.stdout.write(portal + path)


def _portal_url(given: str | None) -> str:
    """Where people reach this portal, without a slash at the end. Raises CommandError."""
    scheme = "https" if settings.HTTPS else "http"
    if given is None and not settings.HTTPS:
        return f"http://localhost:{settings.PORT}"
    if given is None:
        host = next(iter(settings.ALLOWED_HOSTS), "*")
        if host.startswith(("*", ".")):  # it stands for many
            raise CommandError("Write where people reach this portal: --url=https://….")
        return f"https://{host}"
    try:
        URLValidator(schemes=["https"] if settings.HTTPS else ["http", "https"])(given)
        parts = urlsplit(given)
    except (ValidationError, ValueError):
        parts = None
    if parts is None or parts.username or parts.query or parts.fragment:
        raise CommandError(
            f"--url must be the portal's address, such as {scheme}://portal.example.com."
        )
    return given.rstrip("/")
