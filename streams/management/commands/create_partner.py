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

from streams.base.public_urls import portal_url
from streams.catalog.services import create_partner_with_stream
from streams.tenancy.invitations import make_invitation, record_invitation, token_of
from streams.tenancy.models import PartnerMembership
from streams.tenancy.services import SlugTaken


class Command(BaseCommand):
    help = (
        "Create a partner with its first stream, and print an invitation link for its"
        " first admin."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help='the company\'s name, such as "Postbox"')
        parser.add_argument("admin", help="the first admin's email address")
        parser.add_argument(
            "--slug", help="slug for the partner's URLs (default: from the name)"
        )
        parser.add_argument(
            "--stream-name", help="the tool's name (default: the partner's name)"
        )
        parser.add_argument(
            "--stream-slug",
            help="the tool's slug in context.integration (default: from its name)",
        )
        parser.add_argument(
            "--url",
            help="public URL of this portal (default: PORTAL_URL)",
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
            partner = create_partner_with_stream(
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
        invitation = make_invitation(place=partner, email=admin, role=role, actor=None)
        record_invitation("member.invitation_printed", invitation, None)
        path = reverse("portal:invitation", args=[token_of(invitation)])
        self.stdout.write(
            f"Partner {partner} created. {admin} can join with this link, once and within"
            " 7 days:"
        )
        self.stdout.write(portal + path)


def _portal_url(given: str | None) -> str:
    """Return this portal's public URL without a trailing slash. Raises CommandError."""
    scheme = "https" if settings.HTTPS else "http"
    if given is None:
        if not (default := portal_url()):
            raise CommandError("Set PORTAL_URL, or --url=https://….")
        return default
    try:
        URLValidator(schemes=["https"] if settings.HTTPS else ["http", "https"])(given)
        parts = urlsplit(given)
    except (ValidationError, ValueError):
        parts = None
    if parts is None or parts.username or parts.query or parts.fragment:
        raise CommandError(
            f"--url must be the portal's public URL, such as {scheme}://portal.example.com."
        )
    return given.rstrip("/")
